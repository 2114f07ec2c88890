using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
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
    private readonly SafeFileHandle standardInput = Pipe.Empty();
    private MountNamespace? mounts;
    private OciStage? stage;
    private ICgroups? cgroups;

    public OciRuntime(OciProgram program, OciRuntimeOptions options, ReadinessPoller poller)
    {
        this.program = program;
        this.options = options;
        this.poller = poller;
    }

    public string Name => "oci";

    public string Description => $"{program.Name} ({program.Path}, {cgroups?.Description ?? "not probed"})";

    public WorkspaceKind WorkspaceKind => WorkspaceKind.Overlay;

    public TaskOwner Owner => new(options.HostIdBase + ContainerPaths.UserId, Differs: true);

    public string HomePath(string stateDirectory) => ContainerPaths.Home;

    public string TemporaryPath(string stateDirectory) => ContainerPaths.Temporary;

    private string RuntimeState => Path.Combine(options.StateDirectory, "runtime");

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (Libc.EffectiveUser() != 0)
            throw new RuntimeUnusableException("containers need a worker that runs as root on this version; run it as root, or ask for --isolation none by name");
        try
        {
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
        var cgroup = cgroups!.Create(spec.Id, spec.Limits);
        var output = Pipe.Create();
        var error = Pipe.Create();
        try
        {
            var bundle = new OciBundle(stage!.Root, cgroup.RuntimePath, options.HostIdBase, ContainerInit.Prefix);
            File.WriteAllBytes(Path.Combine(spec.StateDirectory, "config.json"), OciConfigWriter.Write(Translate(spec), bundle));
            var log = Path.Combine(spec.StateDirectory, "runtime.log");
            string[] arguments = [program.Name, "--root", RuntimeState, "--log", log, "run", "--bundle", spec.StateDirectory, spec.Id];
            var streams = new StandardStreams(standardInput, output.Write, error.Write);
            // posix_spawn returns when the runtime's program has been loaded; waiting for the thread is as long as that.
            var process = await mounts!.RunAsync(() => ChildProcess.Start(program.Path, arguments, program.Environment, streams, null, poller));
            return new OciContainer(process, cgroup, new OutputPipe(output.Read, poller), new OutputPipe(error.Read, poller), log);
        }
        catch (Exception e)
        {
            output.Read.Dispose();
            error.Read.Dispose();
            cgroup.Remove();
            cgroup.Dispose();
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
        // Killing everything in a predecessor's cgroups ends its containers and their runtimes' wait; what the runtimes
        // noted of them goes with the folder. Their mounts were in namespaces that are gone with the processes.
        var left = CgroupDetector.Detect(options.Owner, File.ReadAllText("/proc/self/mounts"), File.ReadAllText("/proc/self/cgroup")).RemoveAll();
        TreeRemover.Remove(RuntimeState);
        Directory.CreateDirectory(RuntimeState);
        return Task.FromResult(left);
    }

    public ValueTask DisposeAsync()
    {
        mounts?.Dispose();
        cgroups?.RemoveAll();
        standardInput.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task PrepareMountsAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in (ReadOnlySpan<string>)[RuntimeState, options.InputsDirectory, options.TasksDirectory])
            Directory.CreateDirectory(folder);
        mounts = new MountNamespace();
        using var translation = await OwnerTranslation.CreateAsync(Owner.UserId, poller, cancellationToken);
        stage = await mounts.RunAsync(() =>
        {
            if (program.DislikesHybridCgroups)
                HybridCgroups.Hide();
            return OciStage.Mount(options, translation);
        });
    }

    private ContainerSpec Translate(ContainerSpec spec) => spec with { Workspace = stage!.Translate(spec.Workspace) };
}
