using System.Diagnostics;

namespace BuildFarm.TestKit;

/// <summary>A file system of a few megabytes.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Mounts one; skips the test without root.</summary>
    public static SmallDisk Mount(string path, int megabytes)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw Requirements.Missing("Mounting a small file system needs root.");
        }

        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path);
        return new SmallDisk(path);
    }

    /// <inheritdoc />
    public void Dispose() => Run("umount", "--lazy", Path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}");
        }
    }
}
