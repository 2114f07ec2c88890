using System.Security.Cryptography;
using System.Text;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Homes;
using BuildFarm.Worker.Inputs;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Offer;
using BuildFarm.Worker.Outputs;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Rootless;
using BuildFarm.Worker.Roots;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker;

/// <summary>The parts of a worker that run tasks, put together in one place.</summary>
internal sealed class WorkerEngine : IAsyncDisposable
{
    private readonly ReadinessPoller poller;

    private WorkerEngine(ReadinessPoller poller, BackgroundRemover remover, TaskRoot root, IContainerRuntime runtime, IActionExecutor executor)
    {
        this.poller = poller;
        Remover = remover;
        Root = root;
        Runtime = runtime;
        Executor = executor;
    }

    /// <summary>What tasks have as their root.</summary>
    public TaskRoot Root { get; }

    public IContainerRuntime Runtime { get; }

    /// <summary>Where what ended tasks leave goes.</summary>
    public BackgroundRemover Remover { get; }

    public IActionExecutor Executor { get; }

    /// <summary>The homes that it keeps; null where the runtime takes none.</summary>
    public KeptHomes? Homes { get; private init; }

    /// <summary>What runs before every task.</summary>
    public Prelude? Prelude { get; private init; }

    /// <exception cref="RuntimeUnusableException">No container runtime works here.</exception>
    public static async Task<WorkerEngine> StartAsync(
        WorkerOptions options, string name, long memoryPerTask, WorkerStores stores, ISecretSource secrets, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var state = Directory.CreateDirectory(Path.GetFullPath(options.DataDirectory)).FullName;
        var inputs = Directory.CreateDirectory(Path.Combine(state, "inputs")).FullName;
        var tasks = Directory.CreateDirectory(Path.Combine(state, "tasks")).FullName;
        var prelude = Prelude.Read(options.Prelude);
        var watcher = new ReadinessPoller();
        var remover = new BackgroundRemover(loggers.CreateLogger<BackgroundRemover>());
        try
        {
            var selector = new RuntimeSelector(watcher, remover, loggers.CreateLogger<RuntimeSelector>());
            var root = await ContainerRoots.OpenAsync(options, Path.Combine(state, "images"), cancellationToken);
            var oci = new OciRuntimeOptions(Owner(name, state), Path.Combine(state, "oci"), inputs, tasks, root, HostIds.Own());
            var runtime = options.Isolation == "docker"
                ? await selector.SelectDockerAsync(Docker(options, oci, state), cancellationToken)
                : await selector.SelectAsync(options.Isolation, oci, cancellationToken);
            var seen = runtime.Image is { } image
                ? new TaskRoot(options.ImageName, $"{options.ImageName} {image}", EnvironmentIdentity.OfImage(image, options.RootPaths))
                : new TaskRoot(options.ImageName, root.Description, root.Identity);
            seen = seen with { Identity = Prelude.Add(prelude, seen.Identity) };
            // After the runtime has ended what a killed predecessor ran, what it was writing to can go.
            TreeRemover.Empty(tasks);
            var executorOptions = new ExecutorOptions(
                name, memoryPerTask, options.DefaultTimeout, options.TerminationGrace, options.LogLimitBytes, options.HardCpu, options.AllowNetwork, options.Outputs)
            {
                StallTimeout = options.StallTimeout,
                Prelude = prelude,
                Facts = OfferBuilder.Facts(seen, runtime.Description),
                WorkspaceBytes = options.WorkspaceBytes,
                WorkspaceFiles = options.WorkspaceFiles,
                AllowNestedUserNamespaces = options.AllowNestedUserNamespaces,
            };
            var (workspaces, homes, kept) = Folders(new FolderParts(options, runtime, stores, oci, remover, time, loggers));
            var executor = new ActionExecutor(
                new ActionFetcher(stores.Blobs),
                workspaces,
                homes,
                secrets,
                new ContainerRunner(runtime, stores.Blobs, stores.Logs, time, executorOptions, loggers.CreateLogger<ContainerRunner>()),
                new OutputCollector(stores.Blobs, options.Outputs),
                runtime,
                time,
                executorOptions);
            return new WorkerEngine(watcher, remover, seen, runtime, executor) { Prelude = prelude, Homes = kept };
        }
        catch
        {
            await remover.DisposeAsync();
            watcher.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Remover.DisposeAsync();
        await Runtime.DisposeAsync();
        poller.Dispose();
    }

    private static (IWorkspaceFactory Workspaces, HomeFactory Homes, KeptHomes? Kept) Folders(FolderParts parts)
    {
        const int MostTrees = 4096;
        var (options, runtime, stores, oci, remover, time) = (parts.Options, parts.Runtime, parts.Stores, parts.Oci, parts.Remover, parts.Time);
        if (runtime.WorkspaceKind == WorkspaceKind.Copy)
        {
            var copies = new InputTreeBuilder(stores.Blobs, new CopyingFilePlacer(stores.Blobs));
            return (new CopyWorkspaceFactory(copies, oci.TasksDirectory, remover), new HomeFactory(null, null, runtime.Owner, time), null);
        }

        TaskOwner? heir = runtime.OwnsInputs ? runtime.Owner : null;
        var trees = new InputTreeCache(oci.InputsDirectory, new InputTreeBuilder(stores.Blobs, new LinkingFilePlacer(stores.Blobs, heir), heir), options.KeptInputEntries, MostTrees);
        var workspaces = new OverlayWorkspaceFactory(trees, oci.TasksDirectory, runtime.Owner, remover);
        if (!runtime.TakesHomes)
            return (workspaces, new HomeFactory(null, null, runtime.Owner, time), null);
        var limits = new KeptHomeLimits(options.KeptHomeBytes, options.WorkspaceFiles, options.KeptHomes, options.KeptHomeAge);
        var kept = new KeptHomes(oci.HomesDirectory, runtime.Owner, limits, time, parts.Loggers.CreateLogger<KeptHomes>());
        return (workspaces, new HomeFactory(trees, kept, runtime.Owner, time), kept);
    }

    private sealed record FolderParts(
        WorkerOptions Options, IContainerRuntime Runtime, WorkerStores Stores, OciRuntimeOptions Oci, BackgroundRemover Remover, TimeProvider Time, ILoggerFactory Loggers);

    private static DockerRuntimeOptions Docker(WorkerOptions options, OciRuntimeOptions oci, string state)
    {
        var slots = options.Slots > 0 ? options.Slots : Environment.ProcessorCount;
        var prepared = options.Docker.Prepared < 0 ? slots : options.Docker.Prepared;
        return new DockerRuntimeOptions(oci.Owner, Path.Combine(state, "docker"), oci.InputsDirectory, oci.TasksDirectory, [.. options.RootPaths], options.Docker, prepared);
    }

    /// <summary>A name for cgroups: people recognise the worker, and the folder makes it unique on the machine.</summary>
    internal static string Owner(string name, string state)
    {
        var readable = new string([.. name.Where(static c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(32)]);
        return $"{readable}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 4))}";
    }
}
