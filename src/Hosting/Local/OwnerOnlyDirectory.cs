using System.Runtime.InteropServices;

namespace BuildFarm.Hosting.Local;

/// <summary>Directories that belong to this user and to nobody else.</summary>
public static partial class OwnerOnlyDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int CurrentDirectory = -100;
    private const int DoNotFollowLinks = 0x100;
    private const uint OwnerTypeAndMode = 0x1 | 0x2 | 0x8;
    private const int FormatMask = 0xF000;
    private const int DirectoryFormat = 0x4000;
    private const int OthersMask = 0x3F;

    /// <summary>Makes the directory and what is missing above it with mode 0700; one that is there stays as it is.</summary>
    public static DirectoryInfo Create(string path)
    {
        // CreateDirectory gives its mode to the last directory alone, and opens those above it to everybody.
        var full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is { } above && !Directory.Exists(above))
        {
            Create(above);
        }

        return Directory.CreateDirectory(full, OwnerOnly);
    }

    /// <summary>Null when <paramref name="path"/> is a directory (no link) of this user with mode 0700; else what is wrong, in words.</summary>
    public static string? FindFault(string path)
    {
        if (Statx(CurrentDirectory, path, DoNotFollowLinks, OwnerTypeAndMode, out var found) != 0)
        {
            return $"cannot be examined ({Marshal.GetLastPInvokeErrorMessage()})";
        }

        if ((found.Mode & FormatMask) != DirectoryFormat)
        {
            return "is not a directory";
        }

        if (found.Uid != EffectiveUserId())
        {
            return $"belongs to user {found.Uid}, not to user {EffectiveUserId()}";
        }

        return (found.Mode & OthersMask) != 0 ? "is open to other users (its mode should be 0700)" : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxBuffer buffer);

    /// <summary>The head of the kernel's struct statx, which is laid out alike on every architecture; 256 bytes in all.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
