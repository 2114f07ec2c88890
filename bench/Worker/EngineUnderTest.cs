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

namespace BuildFarm.Bench.Worker;

/// <summary>A worker's engine over either runtime, without a coordinator.</summary>
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

    /// <summary>Where it runs tasks in the runtime's own way; for the bare runtime beside it.</summary>
    public RuntimeHost Host => new(Environment.ProcessId, _folder.File("worker/tasks"), _folder.Path);

    public IFileBlobStore Store => _stores.Files;

    /// <summary>Over crun or runc.</summary>
    public static Task<EngineUnderTest> StartAsync() => StartAsync("oci", new DockerOptions());

    /// <param name="daemon">Runs the containers.</param>
    /// <param name="prepared">How many are made ahead.</param>
    public static Task<EngineUnderTest> StartAsync(DockerDaemon daemon, int prepared) =>
        StartAsync("docker", new DockerOptions { Socket = daemon.Socket, Image = daemon.Image, Prepared = prepared });

    private static async Task<EngineUnderTest> StartAsync(string isolation, DockerOptions docker)
    {
        var folder = new TempFolder();
        var stores = BlobStoreFactory.OpenOwner(new BlobStoreOptions { Directory = folder.File("store") }, TimeProvider.System, NullLoggerFactory.Instance);
        var options = new WorkerOptions
        {
            DataDirectory = folder.File("worker"),
            Isolation = isolation,
            Docker = docker,
        };
        var engine = await WorkerEngine.StartAsync(
            options, "bench", MemoryBytes, new WorkerStores(stores.Files, stores.Logs), new NoSecrets(), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        return new EngineUnderTest(folder, stores, engine);
    }

    /// <summary>Runs a task that no other is like, and returns the time from its assignment to its exit.</summary>
    public async Task<TimeSpan> RunAsync() => await RunAsync(await AssignAsync("true"));

    /// <summary>As many assignments as wanted, made before anything is measured.</summary>
    public async Task<IReadOnlyList<Assignment>> AssignAsync(int count)
    {
        var assignments = new List<Assignment>();
        for (var i = 0; i < count; i++)
            assignments.Add(await AssignAsync("true"));
        return assignments;
    }

    /// <summary>Runs a task for as long as the action takes.</summary>
    public async Task WhileRunningAsync(Func<Task> action)
    {
        using var cancel = new CancellationTokenSource();
        var running = _engine.Executor.ExecuteAsync(await AssignAsync("sleep", "600"), static _ => { }, cancel.Token);
        await action();
        await cancel.CancelAsync();
        await running;
        await _engine.Remover.CatchUpAsync();
    }

    /// <returns>The time from its assignment to its exit.</returns>
    public async Task<TimeSpan> RunAsync(Assignment assignment)
    {
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
        if (_engine.Runtime is DockerRuntime docker)
            await docker.Prepared.SettleAsync();
        await _engine.Remover.CatchUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _stores.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Assignment> AssignAsync(params string[] arguments)
    {
        var number = Interlocked.Increment(ref _tasks);
        var command = new Command { Arguments = { arguments }, EnvironmentVariables = { new Command.Types.EnvironmentVariable { Name = "N", Value = $"{number}" } } };
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
