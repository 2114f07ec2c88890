using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Rpc;

namespace BuildFarm.EndToEnd.Tests.Upgrade;

/// <summary>A cache, a coordinator, and a worker that reaches it through a proxy; each is a program of some release.</summary>
internal sealed class LinkedFarm : IAsyncDisposable
{
    private LinkedFarm()
    {
    }

    public FarmBench Bench { get; } = new();

    public LinkProxy Proxy { get; private set; } = null!;

    public FarmProcess Worker { get; private set; } = null!;

    private string Coordinator { get; } = $"127.0.0.1:{FreePort.Next()}";

    /// <summary>Starts it.</summary>
    /// <param name="ofWorker">Makes of a worker's message what the coordinator gets.</param>
    /// <param name="ofCoordinator">Makes of a coordinator's message what the worker gets.</param>
    /// <param name="programOf">Path of a service's program.</param>
    public static async Task<LinkedFarm> StartAsync(Func<byte[], byte[]> ofWorker, Func<byte[], byte[]> ofCoordinator, Func<string, string>? programOf = null)
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        programOf ??= static program => program;
        var farm = new LinkedFarm();
        var cache = $"127.0.0.1:{FreePort.Next()}";
        farm.Bench.StartService(programOf("BuildFarm.Cache"), "--Listen:Grpc", cache, "--Listen:Http", "", "--Cache:Directory", farm.Bench.PathOf("cache-data"));
        farm.Bench.StartService(
            programOf("BuildFarm.Coordinator"), "--Listen:Grpc", farm.Coordinator, "--Listen:Http", "", "--Cache:Address", $"http://{cache}",
            "--Cache:ActionCacheDirectory", farm.Bench.PathOf("actions"), "--Coordinator:PublicCacheUrl", $"http://{cache}", "--Journal:Directory", farm.Bench.PathOf("journal"));
        farm.Proxy = await LinkProxy.StartAsync($"http://{farm.Coordinator}", ofWorker, ofCoordinator);
        farm.Worker = farm.Bench.StartService(
            programOf("BuildFarm.Worker"), "--coordinator", farm.Proxy.Address, "--cache", $"http://{cache}", "--name", "w1", "--data", farm.Bench.PathOf("worker"), "--slots", "1");
        await farm.Worker.ErrorLineAsync("linked to the coordinator");
        return farm;
    }

    /// <summary>Runs a command on it, never from the cache.</summary>
    public Task<FarmResult> SubmitAsync(params string[] command) =>
        Bench.RunAsync(["submit", "--farm", $"http://{Coordinator}", "--no-input", "--no-cache", "--", .. command]);

    public async ValueTask DisposeAsync()
    {
        await Bench.DisposeAsync();
        await Proxy.DisposeAsync();
    }
}
