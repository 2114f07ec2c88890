using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Removal;

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
    private readonly BackgroundRemover _remover;
    private readonly DirectoryHandle upper;
    private readonly DirectoryHandle lower;

    /// <param name="folder">A path for this task alone; made here.</param>
    /// <param name="inputs">Owned by the workspace from now on.</param>
    /// <param name="owner">Who owns what the task writes.</param>
    /// <param name="remover">Gets the folder in the end.</param>
    public OverlayWorkspace(string folder, InputTree inputs, TaskOwner owner, BackgroundRemover remover)
    {
        _remover = remover;
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

    public ValueTask DisposeAsync()
    {
        upper.Dispose();
        lower.Dispose();
        return _remover.AddAsync(new Leavings(folder, Remove));
    }

    private void Remove()
    {
        try
        {
            TreeRemover.Remove(folder);
        }
        finally
        {
            // The last to use a tree may have to remove that and others.
            inputs.Dispose();
        }
    }
}
