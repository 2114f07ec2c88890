using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Native;

/// <summary>A mount that is nowhere yet. It goes when the handle is closed, unless it was moved somewhere.</summary>
internal sealed unsafe partial class DetachedMount : IDisposable
{
    private const long OpenTree = 428;
    private const long MoveMount = 429;
    private const long FileSystemOpen = 430;
    private const long FileSystemConfigure = 431;
    private const long FileSystemMount = 432;
    private const long SetAttributes = 442;
    private const long SetFlag = 0;
    private const long SetString = 1;
    private const long Create = 6;
    private const long CloseOnExec = 1;
    private const int NewMountNamespace = 0x20000;

    private readonly SafeFileHandle _mount;

    private DetachedMount(SafeFileHandle mount) => _mount = mount;

    /// <summary>A writable overlay, without set-uid programs and devices. Nothing of it is written to the disk for its own sake.</summary>
    /// <param name="lower">Read-only layer.</param>
    /// <param name="upper">What is written.</param>
    /// <param name="work">The overlay's own folder beside it.</param>
    public static DetachedMount Overlay(string lower, string upper, string work)
    {
        // The kernel takes values of up to 255 bytes here, less than a path may have; descriptors are always short.
        using var lowerFolder = DirectoryHandle.Open(lower);
        using var upperFolder = DirectoryHandle.Open(upper);
        using var workFolder = DirectoryHandle.Open(work);
        using var context = Libc.Handle((int)CallOpen(FileSystemOpen, "overlay", CloseOnExec), "open an overlay");
        Configure(context, SetString, "lowerdir", lowerFolder.ProcessPath);
        Configure(context, SetString, "upperdir", upperFolder.ProcessPath);
        Configure(context, SetString, "workdir", workFolder.ProcessPath);
        Configure(context, SetFlag, "userxattr", null);
        Configure(context, SetFlag, "volatile", null);
        Configure(context, Create, null, null);
        var mount = (int)CallMount(FileSystemMount, Libc.Number(context), CloseOnExec, (long)MountRules.Private);
        return new DetachedMount(Libc.Handle(mount, "mount an overlay"));
    }

    /// <summary>A folder or file once more.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="rules">What is forbidden by this way of access to it.</param>
    public static DetachedMount Folder(string path, MountRules rules)
    {
        const long Clone = 1;
        const long TreeCloseOnExec = 0x80000;
        var mount = new DetachedMount(Libc.Handle((int)CallTree(OpenTree, Libc.AtCurrentDirectory, path, Clone | TreeCloseOnExec), $"clone the mount of {path}"));
        if (TryRestrict(Libc.Number(mount._mount), "", Libc.AtEmptyPath, rules))
            return mount;
        mount.Dispose();
        throw LinuxError.Last($"restrict the mount of {path}");
    }

    /// <summary>
    /// Puts mounts at paths of another mount namespace, in order, and restricts its root. The calling thread shares neither mount namespace nor working folder
    /// with others; it is back in its own afterwards.
    /// </summary>
    /// <param name="mountNamespace">Path of the namespace in /proc.</param>
    /// <param name="mounts">With their places as seen there.</param>
    /// <param name="rootRules">What its root forbids from then on.</param>
    public static void MoveInto(string mountNamespace, IReadOnlyList<(DetachedMount Mount, string Target)> mounts, MountRules rootRules)
    {
        const long FromEmptyPath = 4;
        using var there = OpenNamespace(mountNamespace);
        using var here = OpenNamespace("/proc/thread-self/ns/mnt");
        if (SetNamespace(Libc.Number(there), NewMountNamespace) != 0)
            throw LinuxError.Last("enter the mount namespace of a container");
        IOException? refusal = null;
        foreach (var (mount, target) in mounts)
        {
            if (CallMove(MoveMount, Libc.Number(mount._mount), "", Libc.AtCurrentDirectory, target, FromEmptyPath) == 0)
                continue;
            refusal = LinuxError.Last($"mount {target} of a container");
            break;
        }

        if (refusal is null && !TryRestrict(Libc.AtCurrentDirectory, "/", 0, rootRules))
            refusal = LinuxError.Last("restrict the root of a container");
        if (SetNamespace(Libc.Number(here), NewMountNamespace) != 0)
            Environment.FailFast("a thread of the worker cannot leave the mount namespace of a container");
        if (refusal is not null)
            throw refusal;
    }

    public void Dispose() => _mount.Dispose();

    private static bool TryRestrict(long tree, string path, long flags, MountRules rules)
    {
        var attributes = stackalloc ulong[4];
        new Span<ulong>(attributes, 4).Clear();
        attributes[0] = (ulong)rules;
        return CallAttributes(SetAttributes, tree, path, flags, attributes, 4 * sizeof(ulong)) == 0;
    }

    private static SafeFileHandle OpenNamespace(string path) =>
        Libc.Handle(Libc.OpenAt(Libc.AtCurrentDirectory, path, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0), $"open {path}");

    private static void Configure(SafeFileHandle context, long command, string? key, string? value)
    {
        if (CallConfigure(FileSystemConfigure, Libc.Number(context), command, key, value, 0) != 0)
            throw LinuxError.Last($"make an overlay for a task ({key ?? "all together"})");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long CallOpen(long number, string type, long flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long CallConfigure(long number, long context, long command, string? key, string? value, long auxiliary);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long CallMount(long number, long context, long flags, long attributes);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long CallTree(long number, long folder, string path, long flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long CallAttributes(long number, long tree, string path, long flags, ulong* attributes, long size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long CallMove(long number, long from, string fromPath, long to, string toPath, long flags);
}
