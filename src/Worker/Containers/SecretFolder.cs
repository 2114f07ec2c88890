using System.Globalization;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers;

/// <summary>The secrets of one task as files in memory that its user alone may read.</summary>
internal static class SecretFolder
{
    private const UnixFileMode OwnerMayRead = UnixFileMode.UserRead;

    // A file takes whole pages.
    private const int Page = 4096;

    // Linux before 6.4 knows no such option; memory that holds a secret may then be swapped out.
    private static volatile bool _refusesNoSwap;

    /// <summary>Mounts a file system of its own at a folder, in the calling thread's mount namespace, with the secrets in it.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Mount(string path, IReadOnlyList<TaskSecret> secrets, TaskOwner owner)
    {
        var pages = secrets.Sum(static secret => (secret.Value.Length / Page) + 1);
        MountMemory(path, string.Create(CultureInfo.InvariantCulture, $"mode=500,size={pages * (long)Page},nr_inodes={secrets.Count + 2}"));
        foreach (var secret in secrets)
        {
            var file = $"{path}/{secret.Name}";
            using (var handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write))
                RandomAccess.Write(handle, secret.Value.Span, 0);
            File.SetUnixFileMode(file, OwnerMayRead);
        }

        using var folder = DirectoryHandle.Open(path);
        foreach (var secret in secrets)
            folder.ChangeOwner(secret.Name, owner.UserId, owner.UserId);
        folder.ChangeOwner("", owner.UserId, owner.UserId);
    }

    private static void MountMemory(string path, string options)
    {
        if (!_refusesNoSwap)
        {
            try
            {
                Mounts.Tmpfs(path, $"{options},noswap");
                return;
            }
            catch (IOException)
            {
                _refusesNoSwap = true;
            }
        }

        Mounts.Tmpfs(path, options);
    }
}
