using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Native;

/// <summary>How full a file system is, from statfs(2).</summary>
/// <param name="FreeBytes">For root.</param>
/// <param name="AvailableBytes">For everybody else; less where the file system keeps some for root.</param>
/// <param name="TotalBytes">Free or not.</param>
/// <param name="FreeFiles">Files that can still be made.</param>
/// <param name="CountsFiles">It has a limit on files at all.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileSystemUse(long FreeBytes, long AvailableBytes, long TotalBytes, long FreeFiles, bool CountsFiles)
{
    private const long AsGoodAsNothing = 64 << 10;

    /// <summary>Whoever writes now is refused.</summary>
    public bool IsFull => AvailableBytes < AsGoodAsNothing || (CountsFiles && FreeFiles == 0);

    /// <exception cref="IOException">There is no such path.</exception>
    public static unsafe FileSystemUse Of(string path)
    {
        // Type, block size, blocks, free, available, files, free files: eight bytes each on 64-bit machines.
        var facts = stackalloc long[64];
        if (Libc.FileSystemFacts(path, (byte*)facts) != 0)
            throw LinuxError.Last($"look at the file system of {path}");
        return new FileSystemUse(facts[3] * facts[1], facts[4] * facts[1], facts[2] * facts[1], facts[6], facts[5] > 0);
    }
}
