using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Roots;

/// <summary>
/// A root file system in a folder, a given one or an image's, under a layer of the farm's own: the places that containers mount at, and
/// the few files that name the task's user.
/// </summary>
internal sealed class FolderRoot(string folder, string identity, string description) : IContainerRoot
{
    // What images lack and containers need; what is there already is merged with it.
    private static readonly string[] Made = ["proc", "sys", "dev", "run/secrets", "run/user/1000", "tmp", "home/farm", "farm/work", "etc"];

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Identity => identity;

    public string Description => description;

    public IReadOnlyList<string> HostFolders => [folder];

    public void Mount(string path, string files)
    {
        var layer = $"{files}/layer";
        TreeRemover.Remove(layer);
        foreach (var name in Made)
        {
            // Each on its own, or those between would have the mode of the process.
            foreach (var end in name.Select(static (c, i) => c == '/' ? i : -1).Where(static i => i > 0).Append(name.Length).Prepend(0))
            {
                File.SetUnixFileMode(Directory.CreateDirectory($"{layer}/{name[..end]}").FullName, FolderMode);
            }
        }

        foreach (var (name, content) in UserTables.StandIns($"{folder}/etc"))
        {
            var file = $"{layer}/etc/{name}";
            File.WriteAllText(file, content);
            File.SetUnixFileMode(file, FileMode);
        }

        // Without an upper layer an overlay is read-only by itself.
        Mounts.OverlayReadOnly(path, layer, folder);
    }
}
