using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>A container in the foreground of its runtime's process.</summary>
/// <param name="runtime">The process of the runtime.</param>
/// <param name="cgroup">Its cgroup, with the limits.</param>
/// <param name="bundle">Where the runtime logs.</param>
/// <param name="scratch">Its private folders.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="leave">Gives what is left to the remover.</param>
internal sealed class OciContainer(
    ChildProcess runtime, ICgroup cgroup, OciBundleFolder bundle, OciScratch scratch, OutputPipe output, OutputPipe error, Func<ValueTask> leave) : IRunningContainer
{
    private const int TerminateSignal = 15;
    private const int KillSignal = 9;
    private ExitEvidence? _evidence;
    private volatile bool _ended;

    public IOutputStream StandardOutput => output;

    public IOutputStream StandardError => error;

    public TaskAreas Areas => scratch.Areas;

    // The runtime itself is the worker's, and none of the task's.
    public IReadOnlyList<int> Processes() => [.. cgroup.Processes().Where(process => process != runtime.Id)];

    public CgroupUsage ReadUsage() => cgroup.ReadUsage();

    public async Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken)
    {
        if (_evidence is not null)
        {
            return _evidence;
        }

        var exit = await runtime.WaitAsync(cancellationToken);
        if (exit.Signal != 0 || _ended)
        {
            // A runtime that was killed, for want of memory in its task's cgroup for one, leaves its container running. Nobody may
            // wait for the removal of the cgroup, which would end it too.
            cgroup.KillAll();
        }

        var usage = cgroup.ReadUsage();
        // A container that was ended while it started is no fault of the runtime's, whatever that says.
        if (exit.Code != 0 && !_ended && usage.OutOfMemoryEvents == 0 && bundle.Problem() is { } problem)
        {
            throw new ContainerStartException(problem);
        }

        return _evidence = new ExitEvidence(exit.Code, usage) { Reached = scratch.Reached() };
    }

    public void Terminate()
    {
        _ended = true;
        cgroup.Signal(TerminateSignal, spared: runtime.Id);
    }

    public void Kill()
    {
        _ended = true;
        cgroup.Signal(KillSignal);
        // One that is not in the cgroup, or not yet, would go on and make the container.
        runtime.SignalGroup(KillSignal);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_evidence is null)
            {
                await EndAsync();
            }
        }
        finally
        {
            output.Dispose();
            error.Dispose();
            runtime.Dispose();
            // Nothing runs in them any more; where that cannot be told, the remover ends what does.
            await leave();
        }
    }

    /// <summary>
    /// The container first: the runtime then sees it end and removes what it made. A runtime that is still making it, or
    /// hangs, is ended too.
    /// </summary>
    private async Task EndAsync()
    {
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

        cgroup.KillAll();
    }
}
