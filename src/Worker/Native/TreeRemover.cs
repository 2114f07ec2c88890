using System.Globalization;
using System.Text;

namespace BuildFarm.Worker.Native;

/// <summary>
/// Removes a tree of the worker's own. It goes by folder handles, follows no link and refuses to enter a mount (bind mounts
/// too), so that what a killed predecessor left mounted below is never emptied. Tasks make such trees, so neither their depth nor
/// their size may cost more than bounded memory and descriptors.
/// </summary>
internal static class TreeRemover
{
    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Folders that are open at once; what is deeper is first moved up.</summary>
    private const int MostOpen = 64;

    private const int AtOnce = 4096;

    /// <summary>Removes <paramref name="path"/> and all below; no error when it is not there.</summary>
    /// <exception cref="IOException">A mount is below, or something cannot be removed.</exception>
    public static void Remove(string path)
    {
        var parent = Path.GetDirectoryName(path) ?? throw new ArgumentException("a tree has a parent folder", nameof(path));
        if (!Directory.Exists(parent))
            return;
        using var folder = DirectoryHandle.Open(parent);
        RemoveTree(folder, Name(Path.GetFileName(path)), parent);
    }

    /// <summary>Removes everything in <paramref name="path"/>, which stays.</summary>
    public static void Empty(string path)
    {
        using var folder = DirectoryHandle.Open(path);
        while (folder.Entries(AtOnce) is { Count: > 0 } some)
        {
            foreach (var entry in some)
                RemoveTree(folder, entry, path);
            folder.Rewind();
        }
    }

    private static void RemoveTree(DirectoryHandle folder, DirectoryEntry entry, string shown)
    {
        if (!IsFolder(folder, entry))
        {
            Unlink(folder, entry, isFolder: false, shown);
            return;
        }

        var open = new Stack<Level>();
        try
        {
            if (TryOpen(folder, entry, shown) is not { } opened)
                return;
            var top = new Level(opened, entry);
            open.Push(top);
            while (open.TryPeek(out var level))
            {
                if (level.Next() is not { } inner)
                {
                    open.Pop().Dispose();
                    Unlink(open.TryPeek(out var above) ? above.Folder : folder, level.Name, isFolder: true, shown);
                }
                else if (!IsFolder(level.Folder, inner))
                {
                    Unlink(level.Folder, inner, isFolder: false, shown);
                }
                else if (open.Count >= MostOpen)
                {
                    Lift(level.Folder, inner, top, shown);
                }
                else if (TryOpen(level.Folder, inner, shown) is { } below)
                {
                    open.Push(new Level(below, inner));
                }
            }
        }
        finally
        {
            foreach (var level in open)
                level.Dispose();
        }
    }

    /// <summary>Moves a folder to the top of its tree, which then has it among its own.</summary>
    private static unsafe void Lift(DirectoryHandle folder, DirectoryEntry entry, Level top, string shown)
    {
        while (true)
        {
            var name = Name(string.Create(CultureInfo.InvariantCulture, $".lifted-{top.Lifted++}"));
            fixed (byte* from = entry.RawName, to = name.RawName)
            {
                if (Libc.RenameAt(folder.Number, from, top.Folder.Number, to) == 0 || LinuxError.LastNumber == LinuxError.NoSuchFile)
                    return;
            }

            if (LinuxError.LastNumber is not (LinuxError.Exists or LinuxError.NotEmpty or LinuxError.NotDirectory))
                throw LinuxError.Last($"move {entry.Shown} up in {shown}");
        }
    }

    private static bool IsFolder(DirectoryHandle folder, DirectoryEntry entry) => FileFacts.TryRead(folder.Number, entry.RawName) is { Kind: FileKind.Directory };

    private static unsafe void Unlink(DirectoryHandle folder, DirectoryEntry entry, bool isFolder, string shown)
    {
        fixed (byte* name = entry.RawName)
        {
            if (Libc.UnlinkAt(folder.Number, name, isFolder ? Libc.AtRemoveDirectory : 0) != 0 && LinuxError.LastNumber != LinuxError.NoSuchFile)
                throw LinuxError.Last($"remove {entry.Shown} in {shown}");
        }
    }

    /// <summary>Null when another remover, of a worker that ends for example, was there first.</summary>
    private static DirectoryHandle? TryOpen(DirectoryHandle folder, DirectoryEntry entry, string shown)
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
        if (opened is null && error == LinuxError.NoSuchFile)
            return null;
        return new DirectoryHandle(opened ?? throw LinuxError.Of(error, $"open {entry.Shown} in {shown}"));
    }

    private static DirectoryEntry Name(string name) => new([.. Encoding.UTF8.GetBytes(name), 0]);

    /// <summary>An open folder of the tree.</summary>
    private sealed class Level(DirectoryHandle folder, DirectoryEntry name) : IDisposable
    {
        private readonly Stack<DirectoryEntry> _some = new();

        public DirectoryHandle Folder => folder;

        public DirectoryEntry Name => name;

        /// <summary>Names given to what was moved here.</summary>
        public int Lifted { get; set; }

        /// <summary>Something that is still in it; null when nothing is.</summary>
        public DirectoryEntry? Next()
        {
            if (_some.Count == 0)
            {
                folder.Rewind();
                foreach (var entry in folder.Entries(AtOnce))
                    _some.Push(entry);
            }

            return _some.TryPop(out var next) ? next : null;
        }

        public void Dispose() => folder.Dispose();
    }
}
