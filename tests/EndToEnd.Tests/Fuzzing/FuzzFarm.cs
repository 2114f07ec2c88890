using System.Globalization;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.LongRunning;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Task = System.Threading.Tasks.Task;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>
/// Cache, coordinator and worker as processes of their own, with little memory, so that a leak ends them; and what each holds, by the kernel's account.
/// </summary>
internal sealed class FuzzFarm : IAsyncDisposable
{
    /// <summary>What the cache knows its coordinators and its front by.</summary>
    public const string CoordinatorKey = "0123456789abcdef0123456789abcdef";

    // Hexadecimal, as the runtime reads it: 256 MiB of objects, so that what no collection has looked at yet is less than a leak that counts.
    private const string HeapLimit = "10000000";
    private const string UploadLifetime = "00:00:01";
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private readonly FarmBench _bench = new();
    private readonly List<(string Name, FarmProcess Process)> _services = [];
    private readonly GrpcChannel[] _channels;

    private FuzzFarm()
    {
        Cache = Address();
        CacheHttp = Address();
        Coordinator = Address();
        CoordinatorHttp = Address();
        _channels = [GrpcChannel.ForAddress(Cache), GrpcChannel.ForAddress(Coordinator)];
    }

    public Uri Cache { get; }

    public Uri CacheHttp { get; }

    public Uri Coordinator { get; }

    public Uri CoordinatorHttp { get; }

    public FuzzCorpus Corpus { get; } = new();

    public static async Task<FuzzFarm> StartAsync()
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var farm = new FuzzFarm();
        try
        {
            await farm.BeginAsync();
            return farm;
        }
        catch
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stores blobs as they are.</summary>
    public async Task StoreAsync(IReadOnlyList<byte[]> blobs, CancellationToken stop)
    {
        foreach (var chunk in blobs.Chunk(500))
        {
            var request = new BatchUpdateBlobsRequest();
            request.Requests.AddRange(chunk.Select(static blob => new BatchUpdateBlobsRequest.Types.Request { Digest = FuzzCorpus.DigestOf(blob), Data = ByteString.CopyFrom(blob) }));
            var response = await new ContentAddressableStorage.ContentAddressableStorageClient(_channels[0]).BatchUpdateBlobsAsync(
                request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Guard, cancellationToken: stop);
            Assert.All(response.Responses, static one => Assert.Equal(0, one.Status?.Code ?? 0));
        }
    }

    /// <summary>A task that nobody has run goes through all three.</summary>
    public async Task<(string Operation, ActionResult Result)> RunAsync(string text)
    {
        var command = new Command { Arguments = { "sh", "-c", $"echo {text}; echo {text} > out" }, OutputPaths = { "out" }, EnvironmentVariables = { new Command.Types.EnvironmentVariable { Name = "PATH", Value = "/usr/bin:/bin" } } };
        var action = new Action { CommandDigest = FuzzCorpus.DigestOf(command.ToByteArray()), InputRootDigest = FuzzCorpus.DigestOf(Corpus.Tree.ToByteArray()), DoNotCache = true };

        // All of it again: names that announced large blobs may have made room for themselves.
        await StoreAsync([.. Corpus.Blobs, command.ToByteArray(), action.ToByteArray()], TestContext.Current.CancellationToken);
        using var call = new Execution.ExecutionClient(_channels[1]).Execute(
            new ExecuteRequest { ActionDigest = FuzzCorpus.DigestOf(action.ToByteArray()) }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Guard);
        Operation? last = null;
        await foreach (var operation in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            last = operation;
        }

        var response = last!.Response.Unpack<ExecuteResponse>();
        Assert.True(response.Status is null or { Code: 0 } && response.Result.ExitCode == 0, response.ToString());
        Assert.Equal(text + "\n", response.Result.StdoutRaw.ToStringUtf8());
        return (last.Name, response.Result);
    }

    /// <summary>What each process holds.</summary>
    public IReadOnlyDictionary<string, ProcessFacts> Look() =>
        _services.ToDictionary(static service => service.Name, static service => ProcessFacts.Of(service.Process.Id), StringComparer.Ordinal);

    /// <summary>Files of uploads that have not ended.</summary>
    public int OpenUploads() => new DirectoryInfo(_bench.PathOf("cache-data")).EnumerateFiles("*", SearchOption.AllDirectories)
        .Count(static file => file.Directory!.Name == "tmp");

    /// <summary>Looks again until this holds, or fails with what is still held. A change in another process raises no event.</summary>
    public async Task ReturnsAsync(Func<IReadOnlyDictionary<string, ProcessFacts>, string?> problem)
    {
        using var timer = new PeriodicTimer(Between, TimeProvider.System);
        using var guard = new CancellationTokenSource(Guard);
        string? found;
        while ((found = OpenUploads() is var open and > 0 ? $"{open} files of uploads" : problem(Look())) is not null)
        {
            if (guard.IsCancellationRequested)
            {
                Assert.Fail($"still held {Guard} after the last case: {found}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>What the services said that nobody should have to read: faults of their own.</summary>
    public IEnumerable<string> Faults() => _services.SelectMany(static service => service.Process.Error.Split('\n'))
        .Where(static line => line.Contains("handler threw", StringComparison.Ordinal) || line.Contains("nhandled exception", StringComparison.Ordinal) || line.Contains("ut of memory", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        await _bench.DisposeAsync();
    }

    private static Uri Address() => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));

    private async Task BeginAsync()
    {
        var key = _bench.PathOf("key");
        await File.WriteAllTextAsync(key, CoordinatorKey + "\n");
        _bench.Set("DOTNET_GCHeapHardLimit", HeapLimit);
        Start(
            "BuildFarm.Cache", "--Listen:Grpc", Cache.Authority, "--Listen:Http", CacheHttp.Authority, "--Cache:Directory", _bench.PathOf("cache-data"),
            "--Cache:CoordinatorKeyFile", key, "--Cache:AllowClientUpdates", "true", "--Cache:UploadLifetime", UploadLifetime);
        Start(
            "BuildFarm.Coordinator", "--Listen:Grpc", Coordinator.Authority, "--Listen:Http", CoordinatorHttp.Authority, "--Cache:Address", Cache.AbsoluteUri,
            "--Cache:KeyFile", key, "--Coordinator:PublicCacheUrl", Cache.AbsoluteUri, "--Journal:Directory", _bench.PathOf("journal"), "--Coordinator:Reapi:StartGrace", "00:00:00.001");
        Start(
            "BuildFarm.Worker", "--coordinator", Coordinator.AbsoluteUri, "--cache", Cache.AbsoluteUri, "--name", "w1", "--data", _bench.PathOf("worker"), "--slots", "1");
        await _services[^1].Process.ErrorLineAsync("linked to the coordinator");
        await FillAsync();
    }

    private void Start(string program, params string[] arguments) => _services.Add((program, _bench.StartService(program, arguments)));

    private async Task FillAsync()
    {
        var (operation, _) = await RunAsync("first");
        Corpus.Names.Add(operation);
        var jobs = new Jobs.JobsClient(_channels[1]);
        var template = new TaskTemplate { Name = "t", Arguments = { "true" }, InputRootDigest = FuzzCorpus.DigestOf(Corpus.Tree.ToByteArray()) };
        var id = (await jobs.SubmitJobAsync(new SubmitJobRequest { IdempotencyKey = "first", Spec = new JobSpec { Name = "job", Tasks = { template } } })).JobId;
        using var events = jobs.WatchJob(new WatchJobRequest { JobId = id }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Guard);
        await foreach (var _ in events.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            // Until it has ended.
        }

        Corpus.Names.Add(id);
        var job = await jobs.GetJobAsync(new GetJobRequest { JobId = id });
        Corpus.Resources.AddRange(job.Tasks.SelectMany(static task => (string[])[task.StdoutStreamName, task.StderrStreamName]).Where(static name => name.Length > 0));
    }
}
