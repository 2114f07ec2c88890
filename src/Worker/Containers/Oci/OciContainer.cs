using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>A container in the foreground of its runtime's process.</summary>
internal sealed class OciContainer(
    string id, ChildProcess runtime, ICgroup cgroup, OciBundleFolder bundle, OutputPipe output, OutputPipe error, BackgroundRemover remover) : IRunningContainer
{
    private const int TerminateSignal = 15;
    private const int KillSignal = 9;
    private ExitEvidence? _evidence;
    private volatile bool _ended;

    public IOutputStream StandardOutput => output;

    public IOutputStream StandardError => error;

    /// <summary>The folders of a container, in which nothing runs any more.</summary>
    public static Leavings LeavingsOf(string id, ICgroup cgroup, OciBundleFolder? bundle) => new($"the cgroups and the bundle of container {id}", () =>
    {
        try
        {
            cgroup.Remove();
        }
        finally
        {
            cgroup.Dispose();
            bundle?.Remove();
        }
    });

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

        return _evidence = new ExitEvidence(exit.Code, usage);
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
    }

    public async ValueTask DisposeAsync()
    {
        if (_evidence is null)
        {
            await EndAsync();
        }

        output.Dispose();
        error.Dispose();
        runtime.Dispose();
        // Nothing runs in them any more.
        await remover.AddAsync(LeavingsOf(id, cgroup, bundle));
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
