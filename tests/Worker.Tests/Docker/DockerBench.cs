using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>A worker's engine whose tasks run in containers of a Docker daemon.</summary>
public class DockerBench : WorkerBench
{
    private TestKit.DockerDaemon? daemon;

    public override bool HasUserNamespaces => false;

    internal DockerRuntime Runtime => (DockerRuntime)Engine.Runtime;

    protected override string Isolation => "docker";

    protected virtual int Prepared => -1;

    protected TestKit.DockerDaemon Daemon => daemon ?? throw new InvalidOperationException("it was not started");

    public override async ValueTask InitializeAsync()
    {
        daemon = await DaemonAsync();
        await base.InitializeAsync();
    }

    internal override void Configure(WorkerOptions options) =>
        options.Docker = new DockerOptions { Socket = daemon!.Socket, Image = daemon.Image, Prepared = Prepared };

    internal override async Task<List<string>> RuntimeLeavingsAsync()
    {
        await Runtime.Prepared.SettleAsync();
        await Engine.Remover.CatchUpAsync();
        // Those that wait for the next tasks are no leavings.
        var waiting = Runtime.Prepared.Count;
        return [.. (await ContainersAsync()).Skip(waiting), .. TaskCgroups(waiting)];
    }

    protected virtual Task<TestKit.DockerDaemon> DaemonAsync() => SharedDaemon.GetAsync();

    internal DockerClient Client() => new(daemon!.Socket, TimeProvider.System);

    /// <summary>Ids of this worker's containers.</summary>
    internal async Task<List<string>> ContainersAsync()
    {
        using var client = Client();
        var containers = await client.ListAsync($"{DockerRuntime.Label}={WorkerEngine.Owner("bench", WorkerData)}", CancellationToken.None);
        return [.. containers.Value.Select(static container => container.Id)];
    }
}
