using System.Text;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Native;

/// <summary>
/// An open folder. Names are resolved from the handle by the kernel, so nothing that changes outside can lead a path
/// elsewhere; paths from a task go through <c>TryOpenBeneath</c>, which follows no link and never leaves the folder.
/// </summary>
/// <param name="handle">The open folder; owned.</param>
/// <param name="mount">What keeps its mount alive, closed after it; null for an ordinary one.</param>
internal sealed class DirectoryHandle(SafeFileHandle handle, IDisposable? mount = null) : IDisposable
{
    private const long OpenAt2 = 437;
    private const ulong NoMountCrossing = 0x01;
    private const ulong NoMagicLinks = 0x02;
    private const ulong NoSymbolicLinks = 0x04;
    private const ulong Beneath = 0x08;
    private const ulong InRoot = 0x10;

    /// <summary>The descriptor.</summary>
    public int Number => Libc.Number(handle);

    /// <summary>A path that names this folder for calls that take only paths, valid while the handle is open.</summary>
    public string ProcessPath => $"/proc/self/fd/{Number}";

    public FileFacts Facts => FileFacts.Of(Number);

    /// <summary>Opens a folder that the worker itself names.</summary>
    public static DirectoryHandle Open(string path) =>
        new(Libc.Handle(
            Libc.OpenAt(Libc.AtCurrentDirectory, path, Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0), $"open {path}"));

    /// <summary>Makes a folder of one name in this one, and opens it.</summary>
    public DirectoryHandle Create(string name, uint mode = 0x1ED)
    {
        CheckSegment(name);
        if (Libc.MakeDirectoryAt(Number, name, mode) != 0)
            throw LinuxError.Last($"make the folder {name}");
        return OpenChild(name);
    }

    /// <summary>Opens a folder of one name in this one, never through a link.</summary>
    public DirectoryHandle OpenChild(string name)
    {
        CheckSegment(name);
        var flags = Libc.OpenReadOnly | Libc.OpenDirectory | Libc.OpenNoFollow | Libc.OpenCloseOnExec;
        return new(Libc.Handle(Libc.OpenAt(Number, name, flags, 0), $"open the folder {name}"));
    }

    /// <summary>Makes a symbolic link of one name in this folder.</summary>
    public void CreateSymbolicLink(string name, string target)
    {
        CheckSegment(name);
        if (Libc.SymbolicLinkAt(target, Number, name) != 0)
            throw LinuxError.Last($"make the symbolic link {name}");
    }

    /// <summary>Gives a name in this folder, or the folder itself when empty, to a user; links are not followed.</summary>
    public void ChangeOwner(string name, uint user, uint group)
    {
        if (Libc.ChangeOwnerAt(Number, name, user, group, name.Length == 0 ? Libc.AtEmptyPath : Libc.AtNoFollow) != 0)
            throw LinuxError.Last($"change the owner of {name}");
    }

    /// <summary>Sets the permissions of a folder of one name in this one.</summary>
    public void ChangeMode(string name, uint mode)
    {
        using var child = OpenChild(name);
        if (Libc.ChangeMode(child.Number, mode) != 0)
            throw LinuxError.Last($"change the permissions of {name}");
    }

    /// <summary>
    /// Opens what a relative path names beneath this folder. A link at the end is opened as itself, a link on the way and a
    /// way out of the folder are refused.
    /// </summary>
    /// <param name="path">Relative; never an empty string.</param>
    /// <param name="flags">Flags of open(2); close-on-exec and no-follow are added.</param>
    /// <param name="error">The error number when null is returned: not found, or one that <see cref="IsEscape"/> knows.</param>
    public SafeFileHandle? TryOpenBeneath(string path, int flags, out int error)
    {
        var bytes = Encoding.UTF8.GetBytes(path + '\0');
        return TryOpenBeneath(bytes, flags, out error);
    }

    /// <inheritdoc cref="TryOpenBeneath(string, int, out int)"/>
    public SafeFileHandle? TryOpenBeneath(ReadOnlySpan<byte> nullTerminatedPath, int flags, out int error) =>
        TryOpen(nullTerminatedPath, flags, Beneath | NoSymbolicLinks | NoMagicLinks, out error);

    /// <summary>As <see cref="TryOpenBeneath(string, int, out int)"/>, and refuses to enter another mount, bind mounts too.</summary>
    public SafeFileHandle? TryOpenOnSameMount(ReadOnlySpan<byte> nullTerminatedPath, int flags, out int error) =>
        TryOpen(nullTerminatedPath, flags, Beneath | NoSymbolicLinks | NoMagicLinks | NoMountCrossing, out error);

    /// <summary>
    /// Opens a folder by a relative path whose links are taken as if this folder were the root; empty for this folder. Null when there is no
    /// such folder.
    /// </summary>
    public DirectoryHandle? TryOpenFolderInRoot(string path)
    {
        // The dot is what must not be a link; what is before it may.
        var bytes = Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : $"{path}/.\0");
        var folder = TryOpen(bytes, Libc.OpenReadOnly | Libc.OpenDirectory, InRoot | NoMagicLinks, out _);
        return folder is null ? null : new DirectoryHandle(folder);
    }

    /// <summary>Gives a file of another folder a further name in this one; false when there is no such file.</summary>
    public bool TryLink(DirectoryHandle from, string existing, string name)
    {
        CheckSegment(existing);
        CheckSegment(name);
        return Libc.LinkAt(from.Number, existing, Number, name, 0) == 0;
    }

    private unsafe SafeFileHandle? TryOpen(ReadOnlySpan<byte> nullTerminatedPath, int flags, ulong resolve, out int error)
    {
        var how = stackalloc ulong[3];
        how[0] = (ulong)(uint)(flags | Libc.OpenNoFollow | Libc.OpenCloseOnExec);
        how[1] = 0;
        how[2] = resolve;
        fixed (byte* path = nullTerminatedPath)
        {
            var descriptor = (int)Libc.Syscall(OpenAt2, Number, path, how, 3 * sizeof(ulong), 0);
            error = descriptor < 0 ? LinuxError.LastNumber : 0;
            return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        }
    }

    /// <summary>The error number says that a path went through a link or out of the folder.</summary>
    public static bool IsEscape(int error) => error is LinuxError.TooManyLinks or LinuxError.CrossDevice;

    /// <summary>The next <see cref="Entries"/> begin again.</summary>
    public void Rewind() => _ = Libc.Seek(Number, 0, 0);

    /// <summary>
    /// The names in the folder, without <c>.</c> and <c>..</c>, in no order. Soon after the limit it stops, and the next call goes on there.
    /// </summary>
    public unsafe List<DirectoryEntry> Entries(int limit)
    {
        const int HeaderLength = 19;
        var entries = new List<DirectoryEntry>();
        var buffer = new byte[32 * 1024];
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var read = (int)Libc.GetDirectoryEntries(Number, start, (nuint)buffer.Length);
                if (read < 0 && LinuxError.LastNumber != LinuxError.NoSuchFile)
                    throw LinuxError.Last("read a folder");
                // Nothing is left in one that was removed while it was open.
                if (read <= 0)
                    return entries;
                for (var at = 0; at < read; at += *(ushort*)(start + at + 16))
                {
                    var name = buffer.AsSpan(at + HeaderLength);
                    name = name[..(name.IndexOf((byte)0) + 1)];
                    if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                        entries.Add(new DirectoryEntry(name.ToArray()));
                }

                if (entries.Count > limit)
                    return entries;
            }
        }
    }

    /// <summary>The target of an open symbolic link, as text; null when it is not UTF-8.</summary>
    public static unsafe string? ReadLink(SafeFileHandle link)
    {
        var buffer = stackalloc byte[4096];
        var empty = stackalloc byte[1];
        empty[0] = 0;
        var length = (int)Libc.ReadLinkAt(Libc.Number(link), empty, buffer, 4096);
        if (length < 0)
            throw LinuxError.Last("read a symbolic link");
        return new DirectoryEntry([.. new ReadOnlySpan<byte>(buffer, length), 0]).Name;
    }

    public void Dispose()
    {
        handle.Dispose();
        mount?.Dispose();
    }

    private static void CheckSegment(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"\"{name}\" is no name of one segment", nameof(name));
    }
}
