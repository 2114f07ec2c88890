using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Native;

/// <summary>Mounts and namespaces. Paths are resolved in the mount namespace of the calling thread.</summary>
internal static unsafe partial class Mounts
{
    private const ulong ReadOnlyFlag = 1;
    private const ulong NoSetUid = 2;
    private const ulong NoDevices = 4;
    private const ulong BindFlag = 4096;
    private const ulong Recursive = 16384;
    private const ulong Private = 1 << 18;
    private const int Detach = 2;
    private const int NewMountNamespace = 0x20000;

    private const long OpenTree = 428;
    private const long MoveMount = 429;
    private const long FileSystemOpen = 430;
    private const long FileSystemConfigure = 431;
    private const long FileSystemMount = 432;
    private const long MountSetAttributes = 442;

    /// <summary>Gives the calling thread a mount namespace of its own, from which nothing spreads to the host's.</summary>
    public static void EnterPrivateNamespace()
    {
        if (Unshare(NewMountNamespace) != 0)
            throw LinuxError.Last("make a mount namespace (the worker needs CAP_SYS_ADMIN: run it as root)");
        if (Mount("none", "/", null, Recursive | Private, null) != 0)
            throw LinuxError.Last("make the mount namespace private");
    }

    /// <summary>Shows <paramref name="source"/> at <paramref name="target"/>, read-only, without set-uid programs and devices.</summary>
    public static void BindReadOnly(string source, string target)
    {
        BindTree(source, target);
        Restrict(target, ReadOnlyFlag | NoSetUid | NoDevices);
    }

    /// <summary>Shows <paramref name="source"/> at <paramref name="target"/>, writable, without set-uid programs and devices.</summary>
    public static void Bind(string source, string target)
    {
        BindTree(source, target);
        Restrict(target, NoSetUid | NoDevices);
    }

    /// <summary>Mounts the merged view of two folders; with no layer to write to it is read-only.</summary>
    public static void OverlayReadOnly(string target, string upper, string lower)
    {
        // Descriptors have names without the characters that separate layers and options.
        using var above = DirectoryHandle.Open(upper);
        using var below = DirectoryHandle.Open(lower);
        if (Mount("overlay", target, "overlay", ReadOnlyFlag | NoSetUid | NoDevices, $"lowerdir={above.ProcessPath}:{below.ProcessPath}") != 0)
            throw LinuxError.Last($"lay {upper} over {lower}");
    }

    public static void Tmpfs(string target, string options)
    {
        if (Mount("tmpfs", target, "tmpfs", NoSetUid | NoDevices, options) != 0)
            throw LinuxError.Last($"mount a tmpfs at {target}");
    }

    public static void RemountReadOnly(string target)
    {
        Restrict(target, ReadOnlyFlag | NoSetUid | NoDevices);
    }

    /// <summary>Takes a mount away; it goes when its last user does.</summary>
    public static void Unmount(string target)
    {
        if (Unmount(target, Detach) != 0)
            throw LinuxError.Last($"unmount {target}");
    }

    /// <summary>As <see cref="Unmount(string)"/>; nothing happens when nothing is mounted there.</summary>
    public static void UnmountIfMounted(string target)
    {
        const int InvalidArgument = 22;
        if (Unmount(target, Detach) != 0 && LinuxError.LastNumber != InvalidArgument)
            throw LinuxError.Last($"unmount {target}");
    }

    /// <summary>
    /// Shows <paramref name="source"/> at <paramref name="target"/> with its owners translated by a user namespace
    /// (mount_setattr(2), Linux 5.12 and a file system that allows it).
    /// </summary>
    public static void BindWithOwners(string source, string target, SafeFileHandle userNamespace)
    {
        const ulong CloneTree = 1;
        const ulong IdMap = 0x100000;
        const long CloseOnExec = 0x80000;
        var path = Encoding.UTF8.GetBytes(source + '\0');
        var empty = "\0"u8;
        fixed (byte* from = path, none = empty)
        {
            using var tree = Libc.Handle((int)Libc.Syscall(OpenTree, Libc.AtCurrentDirectory, from, (void*)(CloneTree | CloseOnExec), 0, 0), $"clone the mount of {source}");
            var attributes = stackalloc ulong[4];
            attributes[0] = IdMap | NoSetUid | NoDevices;
            attributes[1] = 0;
            attributes[2] = 0;
            attributes[3] = (ulong)Libc.Number(userNamespace);
            // The five-argument wrapper holds (fd, path, flags, attributes, size).
            if (SyscallMountAttributes(MountSetAttributes, Libc.Number(tree), none, Libc.AtEmptyPath, attributes, 32) != 0)
                throw LinuxError.Last("translate the owners of inputs (id-mapped mounts need Linux 5.12 and ext4, xfs, btrfs or tmpfs below the data directory)");
            var to = Encoding.UTF8.GetBytes(target + '\0');
            fixed (byte* at = to)
            {
                if (SyscallMoveMount(MoveMount, Libc.Number(tree), none, Libc.AtCurrentDirectory, at, 4) != 0)
                    throw LinuxError.Last($"mount inputs at {target}");
            }
        }
    }

    /// <summary>
    /// The merged, read-only view of two overlay layers, as a folder that is mounted nowhere: it goes when the handle is closed.
    /// </summary>
    public static DirectoryHandle OpenMerged(DirectoryHandle upper, DirectoryHandle lower)
    {
        const long CloseOnExec = 1;
        const long SetFlag = 0;
        const long SetString = 1;
        const long Create = 6;
        // The kernel takes values of up to 255 bytes here, less than a path may have; descriptors are always short.
        var layers = Encoding.UTF8.GetBytes($"{upper.ProcessPath}:{lower.ProcessPath}\0");
        fixed (byte* type = "overlay\0"u8, lowerKey = "lowerdir\0"u8, userKey = "userxattr\0"u8, value = layers)
        {
            using var context = Libc.Handle((int)SyscallFsOpen(FileSystemOpen, type, CloseOnExec), "open an overlay");
            var number = Libc.Number(context);
            if (SyscallFsConfig(FileSystemConfigure, number, SetString, lowerKey, value, 0) != 0
                || SyscallFsConfig(FileSystemConfigure, number, SetFlag, userKey, null, 0) != 0
                || SyscallFsConfig(FileSystemConfigure, number, Create, null, null, 0) != 0)
                throw LinuxError.Last("make an overlay of the outputs");
            var mount = (int)SyscallFsMount(FileSystemMount, number, CloseOnExec, (long)(ReadOnlyFlag | NoSetUid | NoDevices));
            // What fsmount(2) returns cannot be listed; an ordinary folder handle is opened from it and closed before it.
            var root = new DirectoryHandle(Libc.Handle(mount, "mount an overlay of the outputs"));
            var listable = root.TryOpenBeneath(".", Libc.OpenReadOnly | Libc.OpenDirectory, out var error);
            if (listable is not null)
                return new DirectoryHandle(listable, root);
            root.Dispose();
            throw LinuxError.Of(error, "open the overlay of the outputs");
        }
    }

    /// <summary>
    /// A folder or file without what is mounted below it. In a user's own namespace that cannot be left out where the host has mounted
    /// it, because it would show what is under it.
    /// </summary>
    private static void BindTree(string source, string target)
    {
        const int InvalidArgument = 22;
        if (Mount(source, target, null, BindFlag, null) != 0
            && (LinuxError.LastNumber != InvalidArgument || Mount(source, target, null, BindFlag | Recursive, null) != 0))
            throw LinuxError.Last($"bind {source}");
    }

    /// <summary>Forbids more of a mount and those below it; what it forbids already stays.</summary>
    private static void Restrict(string target, ulong rules)
    {
        const long WholeTree = 0x8000;
        var attributes = stackalloc ulong[4];
        (attributes[0], attributes[1], attributes[2], attributes[3]) = (rules, 0, 0, 0);
        var path = Encoding.UTF8.GetBytes(target + '\0');
        fixed (byte* at = path)
        {
            if (SyscallMountAttributes(MountSetAttributes, Libc.AtCurrentDirectory, at, WholeTree, attributes, 32) != 0)
                throw LinuxError.Last($"restrict the mount of {target}");
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SyscallMountAttributes(long number, long tree, byte* path, long flags, ulong* attributes, long size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SyscallMoveMount(long number, long from, byte* fromPath, long to, byte* toPath, long flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SyscallFsOpen(long number, byte* type, long flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SyscallFsConfig(long number, long context, long command, byte* key, byte* value, long auxiliary);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SyscallFsMount(long number, long context, long flags, long attributes);
}
