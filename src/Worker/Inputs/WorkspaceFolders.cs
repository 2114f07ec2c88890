using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>Makes chains of folders by handles.</summary>
internal static class WorkspaceFolders
{
    /// <param name="root">Where they are made.</param>
    /// <param name="below">The layer below, where something else may be in the way; null when there is none.</param>
    /// <param name="path">Relative, normal form.</param>
    /// <param name="owner">Whose they are.</param>
    public static void Make(DirectoryHandle root, DirectoryHandle? below, string path, TaskOwner owner)
    {
        if (path.Length == 0 || (below is not null && IsBlocked(below, path)))
            return;
        var current = root;
        foreach (var name in path.Split('/'))
        {
            var next = Step(current, name, owner);
            if (current != root)
                current.Dispose();
            if (next is null)
                return;
            current = next;
        }

        current.Dispose();
    }

    private static DirectoryHandle? Step(DirectoryHandle folder, string name, TaskOwner owner)
    {
        try
        {
            var made = folder.Create(name);
            if (owner.Differs)
                made.ChangeOwner("", owner.UserId, owner.UserId);
            return made;
        }
        catch (IOException e) when (e.HResult == LinuxError.Exists)
        {
            try
            {
                return folder.OpenChild(name);
            }
            catch (IOException inner) when (inner.HResult is LinuxError.NotDirectory or LinuxError.TooManyLinks)
            {
                return null;
            }
        }
    }

    /// <summary>A file or a link lies where one of the folders would be; a folder above would hide it.</summary>
    private static bool IsBlocked(DirectoryHandle below, string path)
    {
        for (var end = path.IndexOf('/'); ; end = path.IndexOf('/', end + 1))
        {
            var part = end < 0 ? path : path[..end];
            using var found = below.TryOpenBeneath(part, Libc.OpenPath, out _);
            if (found is null)
                return false;
            if (FileFacts.Of(Libc.Number(found)).Kind != FileKind.Directory)
                return true;
            if (end < 0)
                return false;
        }
    }
}
