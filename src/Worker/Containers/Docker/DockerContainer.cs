using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>A container with its task.</summary>
/// <param name="container">What it was before.</param>
/// <param name="scratch">Its private folders; null when it has none.</param>
/// <param name="client">Asked about its end.</param>
/// <param name="limitsAreTheDaemons">The daemon knows best what became of them.</param>
/// <param name="daemon">Under which it was started.</param>
/// <param name="leave">Gives what is left to the remover.</param>
internal sealed class DockerContainer(
    PreparedContainer container, OciScratch? scratch, IDockerClient client, bool limitsAreTheDaemons, DaemonWatch daemon, Func<ValueTask> leave) : IRunningContainer
{
    internal const int KillSignal = 9;
    private const int TerminateSignal = 15;

    private readonly DaemonLine _line = daemon.Line;
    private ExitEvidence? _evidence;
    private CgroupUsage _seen = CgroupUsage.None;
    private volatile bool _ended;

    public IOutputStream StandardOutput => container.Streams.StandardOutput;

    public IOutputStream StandardError => container.Streams.StandardError;

    public TaskAreas Areas => scratch?.Areas ?? TaskAreas.None;

    public IReadOnlyList<int> Processes() => container.Cgroup.Processes();

    /// <summary>A cgroup of the daemon's may have gone before a worker that stood still looks: then what was seen of it last.</summary>
    public CgroupUsage ReadUsage()
    {
        var usage = container.Cgroup.ReadUsage();
        if (usage != CgroupUsage.None)
            _seen = usage;
        return _seen;
    }

    public async Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken)
    {
        if (_evidence is not null)
            return _evidence;
        var status = await WaitForProcessAsync(cancellationToken);
        int? code = status is { } known ? ProcessOne.CodeOf(known) : null;
        // At once: a cgroup of the daemon's goes when the daemon has noticed.
        var usage = ReadUsage();
        if (code is null || (code != 0 && limitsAreTheDaemons))
            code = Value(await client.WaitAsync(container.Id, cancellationToken));
        if (code > 128 && !_ended && usage.OutOfMemoryEvents == 0)
            usage = Judge(usage, Value(await client.InspectAsync(container.Id, cancellationToken)));
        // Nothing in a container can signal its process 1, and what it runs ends without it: a daemon that ends, ends its containers.
        if (status is { } ended && ProcessOne.SignalOf(ended) is > 0 and var signal && !_ended && usage.OutOfMemoryEvents == 0)
            throw daemon.Killed(signal);
        return _evidence = new ExitEvidence(code.Value, usage) { Reached = scratch?.Reached() ?? ReachedLimit.None };
    }

    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        // Whoever answers has begun when the one before had closed everything: first the answer, then the line.
        if ((await client.PingAsync(cancellationToken)).Error is { } silence)
            throw daemon.Lost(silence);
        if (!_line.IsOpen)
            throw daemon.Lost();
    }

    public void Terminate()
    {
        _ended = true;
        container.Cgroup.Signal(TerminateSignal);
    }

    public void Kill()
    {
        _ended = true;
        container.Cgroup.Signal(KillSignal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_evidence is null)
            container.Cgroup.KillAll();
        await container.Streams.DisposeAsync();
        container.Process.Dispose();
        await leave();
    }

    private async Task<int?> WaitForProcessAsync(CancellationToken cancellationToken)
    {
        var exit = container.Process.WaitAsync(cancellationToken);
        if (await Task.WhenAny(exit, _line.Ended) == exit)
            return await exit;
        // It may run on for as long as it likes, and nobody would hear of it.
        Kill();
        await exit;
        throw daemon.Lost();
    }

    private static CgroupUsage Judge(CgroupUsage usage, ContainerFacts facts) => facts.State.OOMKilled ? usage with { OutOfMemoryEvents = 1 } : usage;

    private T Value<T>(DockerResult<T> result)
    {
        if (result.TryGet(out var value, out var error))
            return value;
        throw error.Status == 0 ? daemon.Lost(error) : new ContainerStartException($"the container's end cannot be told: {error.Message}");
    }
}
