using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>
/// Shared inputs below, a layer of the task's own above. The runtime merges them inside the container; afterwards the
/// worker merges them once more, read-only and mounted nowhere, so that the kernel alone decides what a merged tree is
/// (replaced folders, deleted files) and the worker needs no rules of its own for layers.
/// </summary>
internal sealed class OverlayWorkspace : IWorkspace
{
    private readonly string folder;
    private readonly InputTree inputs;
    private readonly TaskOwner owner;
    private readonly DirectoryHandle upper;
    private readonly DirectoryHandle lower;

    /// <param name="folder">A path for this task alone; made here.</param>
    /// <param name="inputs">Owned by the workspace from now on.</param>
    /// <param name="owner">Who owns what the task writes.</param>
    public OverlayWorkspace(string folder, InputTree inputs, TaskOwner owner)
    {
        this.folder = folder;
        this.inputs = inputs;
        this.owner = owner;
        Directory.CreateDirectory(folder);
        using var parent = DirectoryHandle.Open(folder);
        upper = parent.Create("upper");
        lower = DirectoryHandle.Open(inputs.Path);
        parent.Create("work").Dispose();
        if (!owner.Differs)
            return;
        parent.ChangeOwner("upper", owner.UserId, owner.UserId);
        parent.ChangeOwner("work", owner.UserId, owner.UserId);
    }

    public string StateDirectory => folder;

    public WorkspaceMount Mount => new OverlayMount(inputs.Path, Path.Combine(folder, "upper"), Path.Combine(folder, "work"));

    public void MakeDirectory(string path) => WorkspaceFolders.Make(upper, lower, path, owner);

    public DirectoryHandle OpenForReading() => Mounts.OpenMerged(upper, lower);

    public void Dispose()
    {
        upper.Dispose();
        lower.Dispose();
        TreeRemover.Remove(folder);
        inputs.Dispose();
    }
}
