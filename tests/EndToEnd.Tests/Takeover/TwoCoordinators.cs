using System.Diagnostics;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.Hosting.Leaders;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests.Takeover;

/// <summary>A cache, a worker and two coordinators over one PostgreSQL, each a process.</summary>
internal sealed class TwoCoordinators : IAsyncDisposable
{
    private readonly string[] _lease;
    private readonly string _database;
    private readonly string _key;
    private string _leaderAddress;
    private string _standbyAddress;
    private readonly string _cache = $"127.0.0.1:{FreePort.Next()}";

    private TwoCoordinators(PostgresServer server, string database, string[] lease)
    {
        Server = server;
        _database = database;
        _lease = lease;
        _key = Bench.PathOf("key");
        (_leaderAddress, _standbyAddress) = (First, Second);
    }

    public FarmBench Bench { get; } = new();

    public PostgresServer Server { get; }

    /// <summary>Address of the first coordinator, which leads at the beginning.</summary>
    public string First { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    /// <summary>Address of the second.</summary>
    public string Second { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    /// <summary>Its process.</summary>
    public FarmProcess Leader { get; private set; } = null!;

    /// <summary>The other.</summary>
    public FarmProcess Standby { get; private set; } = null!;

    /// <summary>The process of the only worker.</summary>
    public FarmProcess Worker { get; private set; } = null!;

    /// <summary>Starts everything; the first coordinator leads.</summary>
    /// <param name="server">The database.</param>
    /// <param name="workerKnows">The coordinators as the worker is told of them: their addresses in any order.</param>
    /// <param name="lease">Options of the lease.</param>
    public static async Task<TwoCoordinators> StartAsync(PostgresServer server, Func<TwoCoordinators, string> workerKnows, params string[] lease)
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var farm = new TwoCoordinators(server, await server.SchemaAsync(), lease);
        try
        {
            await File.WriteAllTextAsync(farm._key, "0123456789abcdef0123456789abcdef\n");
            farm.Bench.StartService(
                "BuildFarm.Cache", "--Listen:Grpc", farm._cache, "--Listen:Http", "", "--Cache:Directory", farm.Bench.PathOf("cache-data"), "--Cache:CoordinatorKeyFile", farm._key);
            farm.Leader = farm.StartCoordinator(farm.First);
            await farm.Leader.ErrorLineAsync("this coordinator leads, under epoch 1");
            farm.Standby = farm.StartCoordinator(farm.Second);
            await farm.Standby.ErrorLineAsync($"standing by: {farm.First} leads");
            farm.Worker = farm.Bench.StartService(
                "BuildFarm.Worker", "--coordinator", workerKnows(farm), "--cache", $"http://{farm._cache}", "--name", "w1", "--data", farm.Bench.PathOf("worker"), "--slots", "2");
            await farm.Worker.ErrorLineAsync("linked to the coordinator");
            return farm;
        }
        catch
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The leader is killed and the standby leads; then the killed one is started again, and stands by. From here on the two
    /// have changed their parts.
    /// </summary>
    public async Task KillLeaderAsync(int nextEpoch)
    {
        Leader.Kill();
        await LeadsAsync(Standby, nextEpoch, "SIGKILL");
        (Leader, _leaderAddress, _standbyAddress) = (Standby, _standbyAddress, _leaderAddress);
        Standby = StartCoordinator(_standbyAddress);
        await Standby.ErrorLineAsync($"standing by: {_leaderAddress} leads");
    }

    /// <summary>Submits a command, by addresses in the other order than the worker's.</summary>
    public FarmProcess Submit(params string[] arguments) => Bench.Start(["submit", "--farm", $"{Second},{First}", "--no-input", .. arguments]);

    /// <summary>Runs a verb of the command line.</summary>
    public Task<FarmResult> RunAsync(string verb, params string[] arguments) => Bench.RunAsync([verb, "--farm", $"{First},{Second}", .. arguments]);

    /// <summary>Waits until a coordinator leads, and says how long that took.</summary>
    public static async Task<TimeSpan> LeadsAsync(FarmProcess coordinator, int epoch, string what)
    {
        var watch = Stopwatch.StartNew();
        await coordinator.ErrorLineAsync($"this coordinator leads, under epoch {epoch}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: the next leads after {watch.Elapsed.TotalSeconds:0.00} s");
        return watch.Elapsed;
    }

    /// <summary>Whether a coordinator leads or has led.</summary>
    public static bool HasLed(FarmProcess coordinator) => coordinator.Error.Contains("this coordinator leads", StringComparison.Ordinal);

    /// <summary>Asserts that a run of <c>echo started; ...; echo finished</c> ended well, by one attempt that was told of once.</summary>
    public void AssertRanOnce(FarmResult result) => Assert.True(
        result is { ExitCode: 0, Out: "started\nfinished\n" } && !result.Error.Contains("attempt 2", StringComparison.Ordinal),
        $"{result}\n--- the leader at first\n{Leader.Error}\n--- the standby at first\n{Standby.Error}\n--- the worker\n{Worker.Error}");

    /// <summary>Asserts that a coordinator refuses calls, says who leads, and is not ready.</summary>
    public static async Task StandsByAsync(string address, string leader)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Jobs.JobsClient(channel).ListJobsAsync(new ListJobsRequest()));
        Assert.Equal((StatusCode.Unavailable, new Uri(leader)), (refused.StatusCode, LeaderRedirect.Find(refused)));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
    }

    /// <summary>All jobs, as one coordinator knows them.</summary>
    public static async Task<IReadOnlyList<Job>> JobsAtAsync(string address)
    {
        using var channel = GrpcChannel.ForAddress(address);
        return (await new Jobs.JobsClient(channel).ListJobsAsync(new ListJobsRequest())).Jobs;
    }

    public ValueTask DisposeAsync() => Bench.DisposeAsync();

    private FarmProcess StartCoordinator(string address) => Bench.StartService(
        "BuildFarm.Coordinator",
        [
            "--Listen:Grpc", address["http://".Length..], "--Listen:Http", "", "--Cache:Address", $"http://{_cache}", "--Cache:KeyFile", _key,
            "--Coordinator:PublicCacheUrl", $"http://{_cache}", "--Journal:Postgres", _database, .. _lease,
        ]);
}
