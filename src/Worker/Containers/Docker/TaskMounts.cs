using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Gives a container that runs already what is its task's alone: the workspace, the private folders, and the files that say how
/// large the machine is. Each mount is made in a mount namespace of the worker's and moved into the container's: the host never has
/// it, and it ends with the container.
/// </summary>
internal sealed class TaskMounts : IDisposable
{
    private readonly MountNamespace _mounts = new();
    private readonly string _stage;
    private readonly TaskOwner _owner;
    private DirectoryHandle? _stageFolder;

    private TaskMounts(string stage, TaskOwner owner)
    {
        _stage = stage;
        _owner = owner;
    }

    /// <param name="stateDirectory">A folder of the worker's.</param>
    /// <param name="inputsDirectory">Shown to this object alone with its files as the task's own, so that it may edit them in its layer.</param>
    /// <param name="owner">The task's user.</param>
    /// <param name="poller">Waits for a helper.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static async Task<TaskMounts> CreateAsync(
        string stateDirectory, string inputsDirectory, TaskOwner owner, ReadinessPoller poller, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(inputsDirectory);
        using var translation = await OwnerTranslation.CreateAsync(owner.UserId, poller, cancellationToken);
        var mounts = new TaskMounts(Directory.CreateDirectory(Path.Combine(stateDirectory, "scratch")).FullName, owner);
        try
        {
            await mounts._mounts.RunAsync(() =>
            {
                Mounts.BindWithOwners(inputsDirectory, inputsDirectory, translation);
                Mounts.Tmpfs(mounts._stage, "mode=700,size=1m");
                // An open folder leads other threads to what only this one can see.
                mounts._stageFolder = DirectoryHandle.Open(mounts._stage);
                return true;
            });
            return mounts;
        }
        catch
        {
            mounts.Dispose();
            throw;
        }
    }

    /// <summary>The private folders of a task, made by <see cref="MountAsync"/>.</summary>
    public OciScratch ScratchOf(string id) => new($"{_stage}/{id}", $"{_stageFolder!.ProcessPath}/{id}");

    /// <summary>Mounts all that a task has, and binds it to its CPUs.</summary>
    /// <param name="spec">The task.</param>
    /// <param name="scratch">Its private folders.</param>
    /// <param name="cgroup">Its cgroup.</param>
    /// <param name="process">Process 1 of the container, which waits and has run nothing of a task.</param>
    /// <exception cref="IOException">The kernel refuses, or the container is gone.</exception>
    public Task MountAsync(ContainerSpec spec, OciScratch scratch, ICgroup cgroup, int process) =>
        _mounts.RunAsync(() =>
        {
            var mounts = new List<(DetachedMount Mount, string Target)>();
            try
            {
                scratch.Mount(spec.Limits, _owner);
                scratch.AddSecrets(spec.Secrets, _owner);
                mounts.Add((Mount(spec.Workspace), ContainerPaths.Workspace));
                mounts.Add((Mount(spec.Home ?? new FolderMount(scratch.Home)), ContainerPaths.Home));
                mounts.Add((DetachedMount.Folder(scratch.Runtime, MountRules.Private), ContainerPaths.Runtime));
                if (spec.Secrets.Count > 0)
                    mounts.Add((DetachedMount.Folder(scratch.Secrets, MountRules.Shown), ContainerPaths.Secrets));
                mounts.Add((DetachedMount.Folder(scratch.Temporary, MountRules.Private), ContainerPaths.Temporary));
                mounts.Add((DetachedMount.Folder(scratch.Temporary, MountRules.Private), ContainerRecipe.OtherTemporary));
                mounts.Add((DetachedMount.Folder(scratch.SharedMemory, MountRules.Private | MountRules.NoPrograms), ContainerRecipe.SharedMemory));
                foreach (var (name, folder) in cgroup.Folders)
                    mounts.Add((DetachedMount.Folder(folder, MountRules.Shown), $"/sys/fs/cgroup/{name}".TrimEnd('/')));
                foreach (var (path, content) in spec.Cpus.Count == 0 ? [] : MachineView.Files(spec.Cpus, spec.Limits.MemoryBytes))
                    mounts.Add((DetachedMount.Folder(scratch.AddFact(Path.GetFileName(path), content), MountRules.Shown), path));
                // Whatever set-uid programs and devices the image has.
                DetachedMount.MoveInto($"/proc/{process}/ns/mnt", mounts, MountRules.Private);
                if (spec.Cpus.Count > 0)
                    CpuAffinity.Bind(process, spec.Cpus);
                return true;
            }
            finally
            {
                foreach (var (mount, _) in mounts)
                    mount.Dispose();
            }
        });

    /// <summary>Takes the private folders of an ended task away.</summary>
    public Task UnmountAsync(OciScratch scratch) =>
        _mounts.RunAsync(() =>
        {
            scratch.Unmount();
            return true;
        });

    public void Dispose()
    {
        _stageFolder?.Dispose();
        _mounts.Dispose();
    }

    private static DetachedMount Mount(WorkspaceMount mount) =>
        mount switch
        {
            OverlayMount overlay => DetachedMount.Overlay(overlay.Lower, overlay.Upper, overlay.Work),
            FolderMount folder => DetachedMount.Folder(folder.Path, MountRules.Private),
            _ => throw new NotSupportedException($"a folder of kind {mount.GetType().Name}"),
        };
}
