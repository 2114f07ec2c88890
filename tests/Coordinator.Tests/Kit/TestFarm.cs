using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Memory;
using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Health;
using BuildFarm.TestKit.Rpc;
using BuildFarm.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Digest = BuildFarm.Digests.Digest;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>A whole coordinator on a real server, with the CAS and the action cache in memory.</summary>
internal sealed class TestFarm : IAsyncDisposable
{
    /// <summary>How long a test waits for what must happen: only ever reached by a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly RpcTestServer _server;

    private TestFarm(RpcTestServer server, MemoryBlobStore blobs, MemoryActionCache actions)
    {
        _server = server;
        Blobs = blobs;
        Actions = actions;
        Channel = server.CreateChannel();
        Jobs = new V1.Jobs.JobsClient(Channel);
        Admin = new V1.Admin.AdminClient(Channel);
    }

    public MemoryBlobStore Blobs { get; }

    public MemoryActionCache Actions { get; }

    public GrpcChannel Channel { get; }

    public V1.Jobs.JobsClient Jobs { get; }

    public V1.Admin.AdminClient Admin { get; }

    public RpcTestServer Server => _server;

    public static async Task<TestFarm> StartAsync(Action<CoordinatorOptions>? configure = null, IJournal? journal = null, TestTransport transport = TestTransport.Tcp, IJobHistory? history = null, IIdSource? ids = null, Action<IServiceCollection>? services = null)
    {
        var options = new CoordinatorOptions();
        configure?.Invoke(options);
        Xunit.Assert.Empty(options.FindProblems());
        var blobs = new MemoryBlobStore(256 << 20);
        var actions = new MemoryActionCache();
        var server = await RpcTestServer.StartAsync(
            app =>
            {
                app.MapCoordinator();
                app.MapHealth();
            },
            all =>
            {
                all.AddSingleton<IBlobStore>(blobs);
                all.AddSingleton<IActionCache>(actions);
                if (journal is not null)
                {
                    all.AddSingleton(_ => journal);
                }

                if (history is not null)
                {
                    all.AddSingleton(_ => history);
                }

                if (ids is not null)
                {
                    all.AddSingleton(ids);
                }

                all.AddFarmHosting("buildfarm-test", new ShutdownOptions());
                all.AddCoordinator(options);
                services?.Invoke(all);
            },
            transport: transport);
        await server.Services.GetRequiredService<Coordinator.Loop.SchedulerQueue>().OpenedAsync(CancellationToken.None).WaitAsync(Patience);
        return new TestFarm(server, blobs, actions);
    }

    /// <summary>Submits a job of these tasks.</summary>
    public async Task<string> SubmitAsync(params TaskTemplate[] tasks) =>
        (await Jobs.SubmitJobAsync(new SubmitJobRequest { Spec = new JobSpec { Name = "test", Tasks = { tasks } } }, deadline: Deadline())).JobId;

    /// <summary>Watches a job to its end.</summary>
    public async Task<IReadOnlyList<JobEvent>> WatchAsync(string job, long since = 0)
    {
        var events = new List<JobEvent>();
        using var watch = Jobs.WatchJob(new WatchJobRequest { JobId = job, SinceSequence = since }, deadline: Deadline());
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            events.Add(watch.ResponseStream.Current);
        }

        return events;
    }

    /// <summary>Watches a job until an event satisfies the condition.</summary>
    public async Task<JobEvent> WatchUntilAsync(string job, Func<JobEvent, bool> condition)
    {
        using var watch = Jobs.WatchJob(new WatchJobRequest { JobId = job }, deadline: Deadline());
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (condition(watch.ResponseStream.Current))
            {
                return watch.ResponseStream.Current;
            }
        }

        throw new InvalidOperationException("The job ended before.");
    }

    /// <summary>The job as it ended.</summary>
    public async Task<Job> FinishAsync(string job)
    {
        await WatchAsync(job);
        return await Jobs.GetJobAsync(new GetJobRequest { JobId = job }, deadline: Deadline());
    }

    /// <summary>Stores a tree of text files.</summary>
    public async Task<Build.Bazel.Remote.Execution.V2.Digest> PutTreeAsync(params (string Path, string Content)[] files)
    {
        var tree = new MerkleTreeBuilder();
        foreach (var (path, content) in files)
        {
            tree.AddFile(path, await PutTextAsync(content));
        }

        var built = tree.Build();
        foreach (var directory in built.Directories.Values)
        {
            await Blobs.PutBytesAsync(directory.Bytes);
        }

        return built.Root.ToProto();
    }

    public ValueTask<Digest> PutTextAsync(string content) => Blobs.PutBytesAsync(System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>The action behind a digest, with its command and the paths of its input tree.</summary>
    public async Task<(Build.Bazel.Remote.Execution.V2.Action Action, Command Command, IReadOnlyDictionary<string, Digest> Files)> ReadActionAsync(
        Build.Bazel.Remote.Execution.V2.Digest digest)
    {
        var action = (await Blobs.GetMessageAsync<Build.Bazel.Remote.Execution.V2.Action>(Digest.FromProto(digest, "action")))!;
        var command = (await Blobs.GetMessageAsync<Command>(Digest.FromProto(action.CommandDigest, "command")))!;
        var files = new Dictionary<string, Digest>(StringComparer.Ordinal);
        await ReadTreeAsync(Digest.FromProto(action.InputRootDigest, "input root"), "", files);
        return (action, command, files);
    }

    public static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    public static TaskTemplate Template(string name, params string[] arguments) =>
        new() { Name = name, Kind = TaskKind.Build, Arguments = { arguments.Length > 0 ? arguments : ["true", name] } };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ReadTreeAsync(Digest root, string prefix, Dictionary<string, Digest> files)
    {
        var directory = (await Blobs.GetMessageAsync<Build.Bazel.Remote.Execution.V2.Directory>(root))!;
        foreach (var file in directory.Files)
        {
            files.Add(prefix + file.Name, Digest.FromProto(file.Digest, file.Name));
        }

        foreach (var child in directory.Directories)
        {
            await ReadTreeAsync(Digest.FromProto(child.Digest, child.Name), $"{prefix}{child.Name}/", files);
        }
    }
}
