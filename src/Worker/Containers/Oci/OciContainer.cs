using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>A container in the foreground of its runtime's process.</summary>
internal sealed class OciContainer(ChildProcess runtime, ICgroup cgroup, OutputPipe output, OutputPipe error, string log) : IRunningContainer
{
    private const int TerminateSignal = 15;
    private const int KillSignal = 9;
    private ExitEvidence? evidence;

    public OutputPipe StandardOutput => output;

    public OutputPipe StandardError => error;

    public async Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken)
    {
        if (evidence is not null)
            return evidence;
        var exit = await runtime.WaitAsync(cancellationToken);
        var usage = cgroup.ReadUsage();
        if (exit.Code != 0 && RuntimeProblem() is { } problem && usage.OutOfMemoryEvents == 0)
            throw new ContainerStartException(problem);
        return evidence = new ExitEvidence(exit.Code, usage);
    }

    public void Terminate() => cgroup.Signal(TerminateSignal);

    public void Kill() => cgroup.Signal(KillSignal);

    public async ValueTask DisposeAsync()
    {
        if (evidence is null)
        {
            // The container first: the runtime then sees it end and removes what it made. A runtime that is still making
            // it, or hangs, is ended too.
            cgroup.Signal(KillSignal);
            runtime.Signal(TerminateSignal);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                await runtime.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                runtime.SignalGroup(KillSignal);
                await runtime.WaitAsync(CancellationToken.None);
            }
        }

        output.Dispose();
        error.Dispose();
        cgroup.Remove();
        cgroup.Dispose();
        runtime.Dispose();
    }

    /// <summary>What the runtime logged: it logs errors of its own alone, never of the task.</summary>
    private string? RuntimeProblem()
    {
        var file = new FileInfo(log);
        if (!file.Exists || file.Length == 0)
            return null;
        var text = File.ReadAllText(log).Trim();
        return text.Length == 0 ? null : text.ReplaceLineEndings("; ");
    }
}
