using System.Diagnostics;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Conformance;

/// <summary>A file system of a few megabytes.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(string path, int megabytes)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Mounting a small file system needs root.");
        }

        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path);
        return new SmallDisk(path);
    }

    public void Dispose() => Run("umount", Path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
