using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Native;

/// <summary>What the kernel knows of a file, from statx(2).</summary>
/// <param name="Kind">File, directory, link, or something else (socket, device, pipe).</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="DiskBytes">Bytes that it takes on its file system.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileFacts(FileKind Kind, uint Mode, long Size, long DiskBytes)
{
    private const uint KindMask = 0xF000;
    private const uint BasicStats = 0x7ff;
    private const int StatBlock = 512;

    /// <summary>Somebody may run it.</summary>
    public bool IsExecutable => (Mode & 0x49) != 0;

    /// <summary>Facts of a name in a folder, never following a link; null when there is none.</summary>
    public static unsafe FileFacts? TryRead(int directory, ReadOnlySpan<byte> nullTerminatedName)
    {
        var buffer = stackalloc byte[256];
        fixed (byte* name = nullTerminatedName)
        {
            if (Libc.StatX(directory, name, Libc.AtNoFollow | (name[0] == 0 ? Libc.AtEmptyPath : 0), BasicStats, buffer) != 0)
                return LinuxError.LastNumber == LinuxError.NoSuchFile ? null : throw LinuxError.Last("stat");
        }

        var mode = *(ushort*)(buffer + 28);
        var kind = (mode & KindMask) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Directory,
            0xA000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        };
        return new FileFacts(kind, mode & 0xFFFu, *(long*)(buffer + 40), *(long*)(buffer + 48) * StatBlock);
    }

    /// <summary>Facts of an open file.</summary>
    public static FileFacts Of(int descriptor) => TryRead(descriptor, "\0"u8) ?? throw LinuxError.Of(LinuxError.NoSuchFile, "stat");
}
