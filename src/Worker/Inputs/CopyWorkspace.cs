using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Removal;

namespace BuildFarm.Worker.Inputs;

/// <summary>A folder with copies of the inputs.</summary>
internal sealed class CopyWorkspace : IWorkspace
{
    private readonly string folder;
    private readonly BackgroundRemover _remover;
    private readonly DirectoryHandle root;

    /// <param name="folder">The task's own, with the inputs in <c>work</c>.</param>
    /// <param name="remover">Gets the folder in the end.</param>
    public CopyWorkspace(string folder, BackgroundRemover remover)
    {
        _remover = remover;
        this.folder = folder;
        root = DirectoryHandle.Open(WorkPath(folder));
    }

    public string StateDirectory => folder;

    public WorkspaceMount Mount => new FolderMount(WorkPath(folder));

    /// <summary>Where the inputs lie in a task's folder.</summary>
    public static string WorkPath(string folder) => Path.Combine(folder, "work");

    public void MakeDirectory(string path) => WorkspaceFolders.Make(root, below: null, path, new TaskOwner(0, Differs: false));

    public DirectoryHandle OpenForReading() => DirectoryHandle.Open(WorkPath(folder));

    public ValueTask DisposeAsync()
    {
        root.Dispose();
        return _remover.AddAsync(new Leavings(folder, () => TreeRemover.Remove(folder)));
    }
}
