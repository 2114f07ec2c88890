using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Gives a container that runs already its workspace: makes the mount in a mount namespace of the worker's, and moves it into the
/// container's. The host never has it, and it ends with the container.
/// </summary>
internal sealed class WorkspaceMounter : IDisposable
{
    private readonly MountNamespace _mounts = new();

    private WorkspaceMounter()
    {
    }

    /// <param name="inputsDirectory">Shown to this object alone with its files as the task's own, so that it may edit them in its layer.</param>
    /// <param name="owner">The task's user.</param>
    /// <param name="poller">Waits for a helper.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static async Task<WorkspaceMounter> CreateAsync(string inputsDirectory, TaskOwner owner, ReadinessPoller poller, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(inputsDirectory);
        using var translation = await OwnerTranslation.CreateAsync(owner.UserId, poller, cancellationToken);
        var mounter = new WorkspaceMounter();
        try
        {
            await mounter._mounts.RunAsync(() =>
            {
                Mounts.BindWithOwners(inputsDirectory, inputsDirectory, translation);
                return true;
            });
            return mounter;
        }
        catch
        {
            mounter.Dispose();
            throw;
        }
    }

    /// <summary>Mounts a workspace in a container.</summary>
    /// <param name="workspace">Which.</param>
    /// <param name="process">Process 1 of the container, which waits and has run nothing of a task.</param>
    /// <exception cref="IOException">The kernel refuses, or the container is gone.</exception>
    public Task MountAsync(WorkspaceMount workspace, int process) =>
        _mounts.RunAsync(() =>
        {
            using var mount = workspace switch
            {
                OverlayMount overlay => DetachedMount.Overlay(overlay.Lower, overlay.Upper, overlay.Work),
                FolderMount folder => DetachedMount.Folder(folder.Path),
                _ => throw new NotSupportedException($"a workspace of kind {workspace.GetType().Name}"),
            };
            mount.MoveInto($"/proc/{process}/ns/mnt", ContainerPaths.Workspace);
            return true;
        });

    public void Dispose() => _mounts.Dispose();
}
