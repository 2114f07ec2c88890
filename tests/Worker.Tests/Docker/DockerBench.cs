using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>A worker's engine whose tasks run in containers of a Docker daemon.</summary>
public class DockerBench : WorkerBench
{
    private TestKit.DockerDaemon? daemon;

    protected override string Isolation => "docker";

    public override bool HasUserNamespaces => false;

    protected virtual int Prepared => -1;

    internal DockerRuntime Runtime => (DockerRuntime)Engine.Runtime;

    internal override void Configure(WorkerOptions options) =>
        options.Docker = new DockerOptions { Socket = daemon!.Socket, Image = daemon.Image, Prepared = Prepared };

    public override async ValueTask InitializeAsync()
    {
        daemon = await SharedDaemon.GetAsync();
        await base.InitializeAsync();
    }

    internal override async Task<List<string>> RuntimeLeavingsAsync()
    {
        using var client = new DockerClient(daemon!.Socket, TimeProvider.System);
        await Runtime.Prepared.SettleAsync();
        await Engine.Remover.CatchUpAsync();
        var containers = (await client.ListAsync($"{DockerRuntime.Label}={WorkerEngine.Owner("bench", WorkerData)}", CancellationToken.None)).Value;
        // Those that wait for the next tasks are no leavings.
        var waiting = Runtime.Prepared.Count;
        return [.. containers.Select(static container => container.Id).Skip(waiting), .. TaskCgroups(waiting)];
    }
}
