using System.Text;

namespace BuildFarm.Worker.Native;

/// <summary>
/// Removes a tree of the worker's own. It goes by folder handles, follows no link and refuses to enter a mount (bind mounts
/// too), so that what a killed predecessor left mounted below is never emptied.
/// </summary>
internal static class TreeRemover
{
    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Removes <paramref name="path"/> and all below; no error when it is not there.</summary>
    /// <exception cref="IOException">A mount is below, or something cannot be removed.</exception>
    public static void Remove(string path)
    {
        var parent = Path.GetDirectoryName(path) ?? throw new ArgumentException("a tree has a parent folder", nameof(path));
        if (!Directory.Exists(parent))
            return;
        using var folder = DirectoryHandle.Open(parent);
        RemoveEntry(folder, new DirectoryEntry([.. Encoding.UTF8.GetBytes(Path.GetFileName(path)), 0]), parent);
    }

    /// <summary>Removes everything in <paramref name="path"/>, which stays.</summary>
    public static void Empty(string path)
    {
        using var folder = DirectoryHandle.Open(path);
        foreach (var entry in folder.Entries(int.MaxValue))
            RemoveEntry(folder, entry, path);
    }

    private static unsafe void RemoveEntry(DirectoryHandle folder, DirectoryEntry entry, string shown)
    {
        var facts = FileFacts.TryRead(folder.Number, entry.RawName);
        if (facts is null)
            return;
        var isDirectory = facts.Value.Kind == FileKind.Directory;
        if (isDirectory)
        {
            using var child = Open(folder, entry, shown);
            foreach (var inner in child.Entries(int.MaxValue))
                RemoveEntry(child, inner, shown);
        }

        fixed (byte* name = entry.RawName)
        {
            if (Libc.UnlinkAt(folder.Number, name, isDirectory ? Libc.AtRemoveDirectory : 0) != 0 && LinuxError.LastNumber != LinuxError.NoSuchFile)
                throw LinuxError.Last($"remove {entry.Shown} in {shown}");
        }
    }

    private static DirectoryHandle Open(DirectoryHandle folder, DirectoryEntry entry, string shown)
    {
        var flags = Libc.OpenReadOnly | Libc.OpenDirectory;
        var opened = folder.TryOpenOnSameMount(entry.RawName, flags, out var error);
        if (opened is null && error == LinuxError.AccessDenied)
        {
            // A task may take the right to read away from its own folders; a worker without root takes it back.
            File.SetUnixFileMode($"{folder.ProcessPath}/{entry.Shown}", OwnerAll);
            opened = folder.TryOpenOnSameMount(entry.RawName, flags, out error);
        }

        if (error == LinuxError.CrossDevice)
            throw new IOException($"{shown}: {entry.Shown} is a mount; unmount it first, nothing in it was removed");
        return new DirectoryHandle(opened ?? throw LinuxError.Of(error, $"open {entry.Shown} in {shown}"));
    }
}
