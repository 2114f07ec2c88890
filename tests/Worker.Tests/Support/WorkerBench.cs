using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting.Local;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Containers.Cgroups;
using Folders = BuildFarm.Worker.Containers.Cgroups.CgroupFolder;
using BuildFarm.Worker.Rootless;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>A worker's engine over real stores and a real runtime, without a coordinator.</summary>
public class WorkerBench : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private BlobStores? stores;
    private int streams;

    internal WorkerEngine Engine { get; private set; } = null!;

    internal IFileBlobStore Store => stores!.Files;

    internal BlobStores Stores => stores!;

    /// <summary>What its tasks may name.</summary>
    internal BenchSecrets Secrets { get; } = new();

    /// <summary>Between SIGTERM and SIGKILL: as long as a machine may stand still. A test that wants the second one holds it.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(61);

    /// <summary>The worker's.</summary>
    internal TestTime Time { get; } = new();

    public string Data => folder.Path;

    public string WorkerData => Path.Combine(folder.Path, "worker");

    protected virtual string Isolation => "oci";

    public bool AllowNetwork { get; init; }

    /// <summary>Users of its containers are others on the host; where they are not, docs/security.md says what that means.</summary>
    public virtual bool HasUserNamespaces => true;

    /// <summary>The machine's cgroups count bytes of disks, and the user that the worker runs as may ask them.</summary>
    public static bool CountsDisks => HostUser.Id == 0;

    /// <summary>What a suite wants else of its worker.</summary>
    internal virtual void Configure(WorkerOptions options)
    {
    }

    public virtual async ValueTask InitializeAsync()
    {
        await Requirements.AptAsync("crun", "crun --version");
        stores = BlobStoreFactory.OpenOwner(new BlobStoreOptions { Directory = Path.Combine(folder.Path, "store") }, TimeProvider.System, NullLoggerFactory.Instance);
        await StartEngineAsync();
    }

    internal async Task StartEngineAsync()
    {
        var options = new WorkerOptions { DataDirectory = WorkerData, Isolation = Isolation, LogLimitBytes = 4 << 20, AllowNetwork = AllowNetwork, TerminationGrace = Grace };
        Configure(options);
        Engine = await WorkerEngine.StartAsync(
            options, "bench", 256L << 20, new WorkerStores(Store, stores!.Logs), Secrets, Time, NullLoggerFactory.Instance, CancellationToken.None);
    }

    internal async Task<Assignment> PrepareAsync(TaskRun run)
    {
        var root = await InputRootAsync(run.Inputs);
        return await PrepareAsync(run, root);
    }

    internal async Task<Assignment> PrepareAsync(TaskRun run, Digest inputRoot)
    {
        var command = new Command { WorkingDirectory = run.WorkingDirectory };
        command.Arguments.AddRange(run.Arguments);
        command.OutputPaths.AddRange(run.Outputs);
        command.EnvironmentVariables.AddRange(run.Environment.Select(v => new Command.Types.EnvironmentVariable { Name = v.Key, Value = v.Value }));
        var action = new Build.Bazel.Remote.Execution.V2.Action
        {
            CommandDigest = (await Store.PutMessageAsync(command)).ToProto(),
            InputRootDigest = inputRoot.ToProto(),
        };
        if (run.Platform.Count > 0)
        {
            action.Platform = new Platform { Properties = { run.Platform.Select(p => new Platform.Types.Property { Name = p.Key, Value = p.Value }) } };
        }

        var stream = Interlocked.Increment(ref streams);
        var assignment = new Assignment
        {
            Lease = new Lease { ExecutionId = $"e{stream}", Epoch = 1 },
            ActionDigest = (await Store.PutMessageAsync(action)).ToProto(),
            Timeout = Duration.FromTimeSpan(run.Timeout),
            Resources = new Resources { MemoryBytes = run.MemoryBytes, CpuMillis = run.CpuMillis },
            StdoutStreamName = $"logstreams/{stream:x16}/stdout",
            StderrStreamName = $"logstreams/{stream:x16}/stderr",
            DisplayName = run.Arguments[0],
        };
        assignment.RequiredOutputPaths.AddRange(run.RequiredOutputs);
        assignment.Secrets.AddRange(run.Secrets);
        return assignment;
    }

    internal async Task<TaskEnd> RunAsync(TaskRun run, CancellationToken cancellationToken = default)
    {
        var assignment = await PrepareAsync(run);
        var completion = await Engine.Executor.ExecuteAsync(assignment, static _ => { }, cancellationToken);
        return new TaskEnd(completion, await TextAsync(completion.Result?.StdoutDigest), await TextAsync(completion.Result?.StderrDigest));
    }

    internal Task<TaskEnd> ShellAsync(string script) => RunAsync(TaskRun.Shell(script));

    internal async Task<string> TextAsync(Build.Bazel.Remote.Execution.V2.Digest? digest) =>
        digest is null ? "" : Encoding.UTF8.GetString((await Store.ReadAllBytesAsync(digest.ToDigest("test")))!);

    /// <summary>Waits until the log of a task that runs holds this, and nothing else before it.</summary>
    internal async Task LogHoldsAsync(string streamName, string text)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[Encoding.UTF8.GetByteCount(text)];
        for (var held = 0; held < buffer.Length;)
        {
            var read = await Stores.Logs.ReadAsync(streamName, held, buffer.AsMemory(held), guard.Token);
            Assert.True(read > 0, "the log has ended");
            held += read;
        }

        Assert.Equal(text, Encoding.UTF8.GetString(buffer));
    }

    /// <summary>Stores a tree; a path that ends with <c>*</c> is executable, one with <c>-&gt;</c> a link.</summary>
    internal async Task<Digest> InputRootAsync(Dictionary<string, string> files)
    {
        var nested = new Folder();
        foreach (var (path, content) in files)
            nested.Add(path, await Store.PutBytesAsync(Encoding.UTF8.GetBytes(content)));
        return await nested.StoreAsync(Store);
    }

    /// <summary>What the runtime keeps of containers, as the thread sees it that has the worker's mount namespace.</summary>
    internal virtual Task<List<string>> RuntimeLeavingsAsync()
    {
        // Other tests have workers in this process too; the tasks folder tells them apart.
        var thread = System.IO.Directory.EnumerateDirectories("/proc/self/task").First(thread =>
            MountsOf(thread).Contains($"/{Path.GetFileName(Data)}/worker/tasks /mnt/tasks ", StringComparison.Ordinal));
        return Task.FromResult(
            new[] { "bundles", "runtime", "scratch" }.SelectMany(name => System.IO.Directory.EnumerateFileSystemEntries($"{thread}/root/mnt/{name}"))
                .Concat(TaskCgroups(spared: 0)).ToList());
    }

    /// <summary>Version 2 alone: one hierarchy for all controllers.</summary>
    internal static bool HasUnifiedCgroups { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    /// <summary>What a thread, a folder of /proc, has mounted; nothing when it has gone meanwhile.</summary>
    internal static string MountsOf(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/mountinfo");
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Where this worker makes its cgroups: without root below its own.</summary>
    internal string CgroupFolder(string controller)
    {
        var owner = WorkerEngine.Owner("bench", WorkerData);
        if (HasUnifiedCgroups)
            return "/sys/fs/cgroup" + CgroupsV2.PathOf(CgroupV2Place.Of(CgroupMounts.OwnPath(File.ReadAllText("/proc/self/cgroup"), ""), UserNamespace.IsTheHosts), owner);
        return UserNamespace.IsTheHosts
            ? $"/sys/fs/cgroup/{controller}/buildfarm/{owner}"
            : $"/sys/fs/cgroup/{controller}{CgroupMounts.OwnPath(File.ReadAllText("/proc/self/cgroup"), controller)}/buildfarm-{owner}";
    }

    /// <summary>The cgroups of this worker's containers, less some in each hierarchy.</summary>
    protected IEnumerable<string> TaskCgroups(int spared) =>
        new[] { "memory", "pids", "systemd" }
            .Select(CgroupFolder)
            .Distinct(StringComparer.Ordinal)
            .SelectMany(folder => Folders.Children(folder).Skip(spared));

    public virtual async ValueTask DisposeAsync()
    {
        if (Engine is not null)
            await Engine.DisposeAsync();
        if (stores is not null)
            await stores.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class Folder
    {
        private readonly SortedDictionary<string, Folder> folders = new(StringComparer.Ordinal);
        private readonly Build.Bazel.Remote.Execution.V2.Directory message = new();

        public void Add(string path, Digest content)
        {
            var slash = path.IndexOf('/');
            if (path.Split("->") is [var name, var target])
            {
                message.Symlinks.Add(new SymlinkNode { Name = name, Target = target });
            }
            else if (slash >= 0)
            {
                if (!folders.TryGetValue(path[..slash], out var child))
                    folders[path[..slash]] = child = new Folder();
                child.Add(path[(slash + 1)..], content);
            }
            else
            {
                message.Files.Add(new FileNode { Name = path.TrimEnd('*'), Digest = content.ToProto(), IsExecutable = path.EndsWith('*') });
            }
        }

        public async Task<Digest> StoreAsync(IBlobStore store)
        {
            foreach (var (name, folder) in folders)
                message.Directories.Add(new DirectoryNode { Name = name, Digest = (await folder.StoreAsync(store)).ToProto() });
            return await store.PutMessageAsync(message);
        }
    }
}
