using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>A folder with copies of the inputs.</summary>
internal sealed class CopyWorkspace : IWorkspace
{
    private readonly string folder;
    private readonly DirectoryHandle root;

    /// <param name="folder">The task's own, with the inputs in <c>work</c>.</param>
    public CopyWorkspace(string folder)
    {
        this.folder = folder;
        root = DirectoryHandle.Open(WorkPath(folder));
    }

    public string StateDirectory => folder;

    public WorkspaceMount Mount => new FolderMount(WorkPath(folder));

    /// <summary>Where the inputs lie in a task's folder.</summary>
    public static string WorkPath(string folder) => Path.Combine(folder, "work");

    public void MakeDirectory(string path) => WorkspaceFolders.Make(root, below: null, path, new TaskOwner(0, Differs: false));

    public DirectoryHandle OpenForReading() => DirectoryHandle.Open(WorkPath(folder));

    public void Dispose()
    {
        root.Dispose();
        TreeRemover.Remove(folder);
    }
}
