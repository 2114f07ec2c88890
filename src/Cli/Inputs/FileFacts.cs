using System.Runtime.InteropServices;

namespace BuildFarm.Cli.Inputs;

/// <summary>What a path is, without following a symlink.</summary>
public enum FileKind
{
    /// <summary>A device: like the next two kinds, nothing that travels.</summary>
    Device = 0,

    /// <summary>A regular file.</summary>
    File = 1,

    /// <summary>A folder.</summary>
    Directory = 2,

    /// <summary>A symbolic link.</summary>
    Symlink = 3,

    /// <summary>A named pipe.</summary>
    Pipe = 4,

    /// <summary>A unix socket.</summary>
    Socket = 5,
}

/// <summary>What statx(2) says about a path. Equal facts of a regular file mean that its content has not changed.</summary>
/// <param name="Kind">File, folder, link or other.</param>
/// <param name="Executable">The owner may run it.</param>
/// <param name="SizeBytes">Length in bytes.</param>
/// <param name="ModifiedNanos">Last change of the content, nanoseconds since 1970.</param>
/// <param name="ChangedNanos">Last change of the inode: unlike the one above, nobody can set it back.</param>
/// <param name="Inode">Number of the inode on its file system.</param>
public readonly record struct FileFacts(FileKind Kind, bool Executable, long SizeBytes, long ModifiedNanos, long ChangedNanos, ulong Inode)
{
    /// <summary>Reads the facts; null when nothing is there or it may not be seen.</summary>
    public static FileFacts? TryRead(string path) =>
        NativeFiles.Statx(NativeFiles.CurrentFolder, path, NativeFiles.NoFollow, NativeFiles.BasicStats, out var buffer) == 0
            ? Of(buffer)
            : null;

    private static FileFacts Of(in StatxBuffer buffer) => new(
        (buffer.Mode & NativeFiles.TypeMask) switch
        {
            NativeFiles.TypeFile => FileKind.File,
            NativeFiles.TypeDirectory => FileKind.Directory,
            NativeFiles.TypeSymlink => FileKind.Symlink,
            NativeFiles.TypePipe => FileKind.Pipe,
            NativeFiles.TypeSocket => FileKind.Socket,
            _ => FileKind.Device,
        },
        (buffer.Mode & NativeFiles.OwnerExecute) != 0,
        (long)buffer.Size,
        Nanos(buffer.ModifiedSeconds, buffer.ModifiedNanos),
        Nanos(buffer.ChangedSeconds, buffer.ChangedNanos),
        buffer.Inode);

    private static long Nanos(long seconds, uint nanos) => unchecked((seconds * 1_000_000_000) + nanos);
}

/// <summary>The first part of Linux's <c>struct statx</c>, the same on every architecture; 256 bytes in all.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    [FieldOffset(0x1c)]
    public ushort Mode;

    [FieldOffset(0x20)]
    public ulong Inode;

    [FieldOffset(0x28)]
    public ulong Size;

    [FieldOffset(0x60)]
    public long ChangedSeconds;

    [FieldOffset(0x68)]
    public uint ChangedNanos;

    [FieldOffset(0x70)]
    public long ModifiedSeconds;

    [FieldOffset(0x78)]
    public uint ModifiedNanos;
}

internal static partial class NativeFiles
{
    public const int CurrentFolder = -100;
    public const int NoFollow = 0x100;
    public const uint BasicStats = 0x7ff;
    public const ushort TypeMask = 0xf000;
    public const ushort TypeFile = 0x8000;
    public const ushort TypeDirectory = 0x4000;
    public const ushort TypeSymlink = 0xa000;
    public const ushort TypePipe = 0x1000;
    public const ushort TypeSocket = 0xc000;
    public const ushort OwnerExecute = 0x40;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);
}
