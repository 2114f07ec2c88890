using System.Diagnostics;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Execution;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Bench.Docker;

/// <summary>A worker's engine over the docker runtime, without a coordinator.</summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    public const long MemoryBytes = 256L << 20;

    private readonly TempFolder _folder;
    private readonly BlobStores _stores;
    private readonly WorkerEngine _engine;
    private int _tasks;

    private EngineUnderTest(TempFolder folder, BlobStores stores, WorkerEngine engine)
    {
        _folder = folder;
        _stores = stores;
        _engine = engine;
    }

    /// <param name="daemon">Runs the containers.</param>
    /// <param name="prepared">How many are made ahead.</param>
    public static async Task<EngineUnderTest> StartAsync(DockerDaemon daemon, int prepared)
    {
        var folder = new TempFolder();
        var stores = BlobStoreFactory.OpenOwner(new BlobStoreOptions { Directory = folder.File("store") }, TimeProvider.System, NullLoggerFactory.Instance);
        var options = new WorkerOptions
        {
            DataDirectory = folder.File("worker"),
            Isolation = "docker",
            Docker = new DockerOptions { Socket = daemon.Socket, Image = daemon.Image, Prepared = prepared },
        };
        var engine = await WorkerEngine.StartAsync(
            options, "bench", MemoryBytes, new WorkerStores(stores.Files, stores.Files, stores.Logs), new NoSecrets(), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        return new EngineUnderTest(folder, stores, engine);
    }

    /// <summary>Runs a task that no other is like, and returns the time from its assignment to its exit.</summary>
    public async Task<TimeSpan> RunAsync()
    {
        var assignment = await AssignAsync();
        var started = Stopwatch.GetTimestamp();
        var exited = TimeSpan.Zero;
        var completion = await _engine.Executor.ExecuteAsync(
            assignment,
            phase =>
            {
                if (phase == AttemptPhase.Uploading)
                    exited = Stopwatch.GetElapsedTime(started);
            },
            CancellationToken.None);
        return completion.Outcome == Outcome.Success ? exited : throw new InvalidOperationException($"{completion.Outcome}: {completion.Message}");
    }

    /// <summary>Waits until nothing is removed or made any more.</summary>
    public async Task SettleAsync()
    {
        await ((DockerRuntime)_engine.Runtime).Prepared.SettleAsync();
        await _engine.Remover.CatchUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _stores.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Assignment> AssignAsync()
    {
        var number = Interlocked.Increment(ref _tasks);
        var command = new Command { Arguments = { "true" }, EnvironmentVariables = { new Command.Types.EnvironmentVariable { Name = "N", Value = $"{number}" } } };
        var action = new Build.Bazel.Remote.Execution.V2.Action
        {
            CommandDigest = (await _stores.Files.PutMessageAsync(command)).ToProto(),
            InputRootDigest = (await _stores.Files.PutMessageAsync(new Build.Bazel.Remote.Execution.V2.Directory())).ToProto(),
        };
        return new Assignment
        {
            Lease = new Lease { ExecutionId = $"e{number}", Epoch = 1 },
            ActionDigest = (await _stores.Files.PutMessageAsync(action)).ToProto(),
            Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
            Resources = new Resources { MemoryBytes = MemoryBytes },
            StdoutStreamName = $"logstreams/{number:x16}/stdout",
            StderrStreamName = $"logstreams/{number:x16}/stderr",
            DisplayName = "true",
        };
    }

    private sealed class NoSecrets : ISecretSource
    {
        public Task<IReadOnlyList<TaskSecret>> GetAsync(Assignment assignment, CancellationToken cancellationToken) => throw new NotSupportedException("no task here has secrets");
    }
}
