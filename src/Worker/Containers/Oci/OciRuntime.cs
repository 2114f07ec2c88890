using System.Collections.Concurrent;
using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Seccomp;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Rootless;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// crun or runc, one <c>run</c> in the foreground a task: it mounts, starts, waits, passes the exit code on and removes, so
/// that a task costs one start of a small program.
/// </summary>
internal sealed class OciRuntime : IContainerRuntime
{
    private readonly OciProgram program;
    private readonly OciRuntimeOptions options;
    private readonly ReadinessPoller poller;
    private readonly BackgroundRemover _remover;
    private readonly SafeFileHandle standardInput = Pipe.Empty();
    private MountNamespace? mounts;
    private OciStage? stage;
    private ICgroups? cgroups;
    private SealedProgram? _sealed;

    // One for each profile.
    private readonly ConcurrentDictionary<SeccompProfile, string> _filters = new();

    public OciRuntime(OciProgram program, OciRuntimeOptions options, ReadinessPoller poller, BackgroundRemover remover)
    {
        _remover = remover;
        this.program = program;
        this.options = options;
        this.poller = poller;
    }

    public string Name => "oci";

    public string Description => $"{program.Name} ({program.Path}, {cgroups?.Description ?? "not probed"})";

    public WorkspaceKind WorkspaceKind => WorkspaceKind.Overlay;

    public bool TakesSecrets => true;

    public bool TakesHomes => true;

    public TaskOwner Owner => new(options.Ids.First + ContainerPaths.UserId, Differs: true);

    public string HomePath(string stateDirectory) => ContainerPaths.Home;

    public string TemporaryPath(string stateDirectory) => ContainerPaths.Temporary;

    public string RuntimePath(string stateDirectory) => ContainerPaths.Runtime;

    public bool OwnsInputs => !UserNamespace.IsTheHosts;

    /// <summary>
    /// The runtime is in the task's cgroup from its beginning and makes none itself. Moving into cgroups one by one, as runtimes do, takes a
    /// large part of a container's start; and crun, when it moves a container, forgets on which CPUs it was to run.
    /// </summary>
    private bool StartsInside => program.LeaveCgroups is not null;

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            _sealed = program.LeaveCgroups is null ? null : SealedProgram.TryMake(program.Path);
            cgroups = CgroupDetector.Detect(options.Owner, File.ReadAllText("/proc/self/mounts"), File.ReadAllText("/proc/self/cgroup"));
            await PrepareMountsAsync(cancellationToken);
            await new OciProbe(this, options.TasksDirectory).RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or ContainerStartException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException(e.Message);
        }
    }

    public async Task<IRunningContainer> StartAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The runtime itself is one process more, which is not the task's.
        var cgroup = cgroups!.Create(spec.Id, StartsInside ? spec.Limits with { Processes = spec.Limits.Processes + 1 } : spec.Limits);
        var scratch = stage!.ScratchOf(spec.Id);
        OciBundleFolder? bundle = null;
        var output = Pipe.Create();
        var error = Pipe.Create();
        try
        {
            bundle = stage.WriteBundle(
                spec.Id,
                OciConfigWriter.Write(Translate(spec), BundleOf(spec, cgroup, scratch)));
            string[] arguments = [program.Name, "--root", stage.RuntimeState, "--log", bundle.LogPath, .. Options, "run", "--bundle", bundle.Path, spec.Id];
            var streams = new StandardStreams(standardInput, output.Write, error.Write);
            // posix_spawn returns when the program has been loaded; waiting for the thread is as long as that.
            var process = await mounts!.RunAsync(() =>
            {
                scratch.Mount(spec.Limits, Owner);
                scratch.AddSecrets(spec.Secrets, Owner);
                foreach (var (name, content) in MachineFiles(spec))
                    scratch.AddFact(Path.GetFileName(name), content);
                using var bound = spec.Cpus.Count > 0 ? CpuAffinity.Enter(spec.Cpus) : null;
                using var visit = StartsInside ? cgroup.TryEnter() : null;
                var started = StartsInside && visit is null
                    ? ChildProcess.Start(SelfMovingCommand.Shell, SelfMovingCommand.Of(cgroup, bundle.LogPath, _sealed?.PathForOthers ?? program.Path, arguments), program.Environment, streams, null, poller)
                    : ChildProcess.Start(_sealed?.Path ?? program.Path, arguments, program.Environment, streams, null, poller);
                // Said by root, it is the least that the task can ask for itself; said by the runtime in the task's user namespace it is not.
                KernelFile.TryWrite($"/proc/{started.Id}/oom_score_adj", OciConfigWriter.Invariant(OciConfigWriter.OutOfMemoryScore));
                return started;
            });
            return new OciContainer(
                process, cgroup, bundle, scratch, new OutputPipe(output.Read, poller), new OutputPipe(error.Read, poller), () => _remover.AddAsync(LeavingsOf(spec.Id, cgroup, bundle, scratch)));
        }
        catch (Exception e)
        {
            output.Read.Dispose();
            error.Read.Dispose();
            await _remover.AddAsync(LeavingsOf(spec.Id, cgroup, bundle, scratch));
            if (e is IOException)
                throw new ContainerStartException($"{program.Name} cannot be started: {e.Message}");
            throw;
        }
        finally
        {
            output.Write.Dispose();
            error.Write.Dispose();
        }
    }

    public Task<int> CleanUpAsync(CancellationToken cancellationToken)
    {
        // Killing everything in a predecessor's cgroups ends its containers and their runtimes; their mounts, and what the
        // runtimes noted of them, were in namespaces that are gone with the processes.
        var left = CgroupDetector.Detect(options.Owner, File.ReadAllText("/proc/self/mounts"), File.ReadAllText("/proc/self/cgroup")).RemoveAll();
        return Task.FromResult(left);
    }

    public async ValueTask DisposeAsync()
    {
        // Removal goes through the stage, and the next runtime's probe has the name of this one's.
        await _remover.CatchUpAsync();
        mounts?.Dispose();
        cgroups?.RemoveAll();
        stage?.Dispose();
        _sealed?.Dispose();
        standardInput.Dispose();
    }

    private async Task PrepareMountsAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in (ReadOnlySpan<string>)[options.InputsDirectory, options.TasksDirectory, options.HomesDirectory])
            Directory.CreateDirectory(folder);
        mounts = new MountNamespace();
        using var translation = OwnsInputs ? null : await OwnerTranslation.CreateAsync(Owner.UserId, poller, cancellationToken);
        stage = await mounts.RunAsync(() =>
        {
            if (program.DislikesHybridCgroups)
                HybridCgroups.Hide();
            if (OwnsInputs)
                OverlayProbe.Run(options.TasksDirectory);
            return OciStage.Mount(options, translation);
        });
    }

    /// <summary>What a container leaves, in which nothing runs any more. All of it goes, whatever one part says.</summary>
    private Leavings LeavingsOf(string id, ICgroup cgroup, OciBundleFolder? bundle, OciScratch scratch) => new($"the cgroups, the bundle and the scratch folders of container {id}", async () =>
    {
        try
        {
            cgroup.Remove();
        }
        finally
        {
            cgroup.Dispose();
            bundle?.Remove();
            await mounts!.RunAsync(() =>
            {
                scratch.Unmount();
                return true;
            });
        }
    });

    private static IEnumerable<(string Path, string Content)> MachineFiles(ContainerSpec spec) =>
        spec.Cpus.Count == 0 ? [] : MachineView.Files(spec.Cpus, spec.Limits.MemoryBytes);

    private OciBundle BundleOf(ContainerSpec spec, ICgroup cgroup, OciScratch scratch) =>
        new(stage!.Root, cgroup.RuntimePath, options.Ids, ContainerInit.PrefixOf(spec.Prelude), scratch)
        {
            Shown =
            [
                .. cgroup.Folders.Select(static folder => ($"/sys/fs/cgroup/{folder.Name}".TrimEnd('/'), folder.Folder)),
                .. MachineFiles(spec).Select(file => (file.Path, $"{scratch.Facts}/{Path.GetFileName(file.Path)}")),
            ],
            Filter = program.TakesFilters && SeccompFilter.IsKnownArchitecture
                ? _filters.GetOrAdd(spec.Profile, static profile => Convert.ToBase64String(SeccompFilter.Make(profile)))
                : null,
        };

    private IEnumerable<string> Options => StartsInside ? [program.LeaveCgroups!] : [];

    private ContainerSpec Translate(ContainerSpec spec) => spec with { Workspace = stage!.Translate(spec.Workspace), Home = spec.Home is { } home ? stage.Translate(home) : null };
}
