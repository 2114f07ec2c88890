using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Plain;

/// <summary>A process group in the place of a container.</summary>
internal sealed class PlainContainer(ChildProcess process, OutputPipe output, OutputPipe error) : IRunningContainer
{
    private const int TerminateSignal = 15;
    private const int KillSignal = 9;
    private ExitEvidence? evidence;

    public IOutputStream StandardOutput => output;

    public IOutputStream StandardError => error;

    public async Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken)
    {
        if (evidence is not null)
            return evidence;
        var exit = await process.WaitAsync(cancellationToken);
        // What the command left running ends with it, as far as it stayed in its group.
        process.SignalGroup(KillSignal);
        return evidence = new ExitEvidence(exit.Code, CgroupUsage.None);
    }

    public void Terminate() => process.SignalGroup(TerminateSignal);

    public void Kill() => process.SignalGroup(KillSignal);

    public async ValueTask DisposeAsync()
    {
        if (evidence is null)
        {
            process.SignalGroup(KillSignal);
            await process.WaitAsync(CancellationToken.None);
        }

        output.Dispose();
        error.Dispose();
        process.Dispose();
    }
}
