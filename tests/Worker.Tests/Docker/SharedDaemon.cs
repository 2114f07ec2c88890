using BuildFarm.TestKit;
using Xunit;

[assembly: AssemblyFixture(typeof(BuildFarm.Worker.Tests.Docker.SharedDaemon))]

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>The Docker daemon of this run of tests: started for the first test that needs it, stopped after the last of all.</summary>
public sealed class SharedDaemon : IAsyncLifetime
{
    private static readonly Lazy<Task<DockerDaemon>> Daemon = new(DockerDaemon.StartAsync);

    public static Task<DockerDaemon> GetAsync() => Daemon.Value;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (Daemon.IsValueCreated && Daemon.Value.IsCompletedSuccessfully)
            await (await Daemon.Value).DisposeAsync();
    }
}
