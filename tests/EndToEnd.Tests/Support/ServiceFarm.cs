using Build.Bazel.Remote.Execution.V2;
using BuildFarm.TestKit;
using Google.Protobuf;
using Grpc.Net.Client;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>Cache, coordinator and workers as the executables that operators start, each of which a test may kill and start again.</summary>
internal sealed class ServiceFarm : IAsyncDisposable
{
    private const int BlobBytes = 1 << 20;

    private readonly string _key;
    private readonly long _cacheBytes;
    private readonly GrpcChannel _channel;

    /// <summary>Nothing is started yet.</summary>
    /// <param name="cacheBytes">Room for blobs.</param>
    public ServiceFarm(long cacheBytes = 1L << 30)
    {
        _cacheBytes = cacheBytes;
        _key = Bench.PathOf("key");
        File.WriteAllText(_key, "0123456789abcdef0123456789abcdef\n");
        (CacheAddress, CoordinatorAddress) = ($"127.0.0.1:{FreePort.Next()}", $"127.0.0.1:{FreePort.Next()}");
        _channel = GrpcChannel.ForAddress($"http://{CacheAddress}");
    }

    public FarmBench Bench { get; } = new();

    public string CacheAddress { get; }

    public string CoordinatorAddress { get; }

    /// <summary>The coordinator that runs.</summary>
    public FarmProcess Coordinator { get; private set; } = null!;

    /// <summary>For how long the cache holds what was used; the default is that of a farm.</summary>
    public TimeSpan BlobLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What the coordinator is started with besides.</summary>
    public string[] CoordinatorOptions { get; init; } = [];

    /// <summary>What Bazel is told of it.</summary>
    public string[] BazelOptions => [$"--remote_executor=grpc://{CoordinatorAddress}", $"--remote_cache=grpc://{CacheAddress}"];

    public static Task<ServiceFarm> StartAsync(params string[] workers) => new ServiceFarm().WithAsync(workers);

    /// <summary>Starts all three, with these workers.</summary>
    public async Task<ServiceFarm> WithAsync(params string[] workers)
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        StartCache();
        StartCoordinator();
        foreach (var worker in workers)
        {
            await StartWorkerAsync(worker);
        }

        return this;
    }

    public FarmProcess StartCache() => Bench.StartService(
        "BuildFarm.Cache", "--Listen:Grpc", CacheAddress, "--Listen:Http", "", "--Cache:Directory", Bench.PathOf("cache-data"), "--Cache:CoordinatorKeyFile", _key,
        "--Cache:MaxBlobBytes", $"{_cacheBytes}", "--Cache:MinimumBlobLifetime", $"{BlobLifetime}");

    public FarmProcess StartCoordinator() => Coordinator = Bench.StartService(
        "BuildFarm.Coordinator",
        [
            "--Listen:Grpc", CoordinatorAddress, "--Listen:Http", "", "--Cache:Address", $"http://{CacheAddress}", "--Cache:KeyFile", _key,
            "--Coordinator:PublicCacheUrl", $"http://{CacheAddress}", "--Journal:Directory", Bench.PathOf("journal"), .. CoordinatorOptions,
        ]);

    /// <summary>Starts a worker of one slot, and waits until it may get tasks.</summary>
    public async Task<FarmProcess> StartWorkerAsync(string name)
    {
        var worker = Bench.StartService(
            "BuildFarm.Worker", "--coordinator", $"http://{CoordinatorAddress}", "--cache", $"http://{CacheAddress}", "--name", name, "--data", Bench.PathOf(name), "--slots", "1");
        await worker.ErrorLineAsync("linked to the coordinator");
        return worker;
    }

    /// <summary>Starts <c>farm submit</c> there, without input.</summary>
    public FarmProcess Submit(params string[] arguments) => Bench.Start(["submit", "--farm", $"http://{CoordinatorAddress}", "--no-input", .. arguments]);

    /// <summary>Stores twice as much as there is room for, so that whatever is not held is evicted.</summary>
    /// <returns>How the first was refused, when any was.</returns>
    public async Task<Google.Rpc.Status?> CrowdOutAsync()
    {
        var cas = new ContentAddressableStorage.ContentAddressableStorageClient(_channel);
        for (var left = 2 * _cacheBytes / BlobBytes; left > 0; left--)
        {
            var blob = System.Security.Cryptography.RandomNumberGenerator.GetBytes(BlobBytes);
            var stored = await cas.BatchUpdateBlobsAsync(new BatchUpdateBlobsRequest
            {
                Requests = { new BatchUpdateBlobsRequest.Types.Request { Digest = DigestOf(blob), Data = ByteString.CopyFrom(blob) } },
            });
            if (stored.Responses[0].Status is { Code: not 0 } status)
            {
                return status;
            }
        }

        return null;
    }

    /// <summary>Whether the cache has it; a blob that it does not have stays as it is by being asked for.</summary>
    public async Task<bool> HasAsync(byte[] blob) =>
        (await new ContentAddressableStorage.ContentAddressableStorageClient(_channel).FindMissingBlobsAsync(
            new FindMissingBlobsRequest { BlobDigests = { DigestOf(blob) } })).MissingBlobDigests.Count == 0;

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Bench.DisposeAsync();
    }

    private static Digest DigestOf(byte[] blob) => new() { Hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(blob)), SizeBytes = blob.Length };
}
