using System.Globalization;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// The private folders of one task, in one sized tmpfs of the worker's: so the worker can still look at what the task wrote when
/// its container is gone. What the task writes there counts as the task's memory.
/// </summary>
/// <param name="path">As the runtime sees it.</param>
/// <param name="ownPath">The same folder, as every thread of the worker sees it.</param>
internal sealed class OciScratch(string path, string ownPath)
{
    private const uint Sticky = 0x3FF;
    private const uint OwnerOnly = 0x1C0;

    public string Home => $"{path}/home";

    public string Temporary => $"{path}/tmp";

    public string SharedMemory => $"{path}/shm";

    public string Runtime => $"{path}/run";

    /// <summary>Where the task's secrets are, once <see cref="AddSecrets"/> has put them there.</summary>
    public string Secrets => $"{path}/secrets";

    /// <summary>A folder of the worker's in it, for files that the task sees and cannot write.</summary>
    public string Facts => $"{path}/facts";

    public TaskAreas Areas => new($"{ownPath}/home", $"{ownPath}/tmp", $"{ownPath}/shm") { Runtime = $"{ownPath}/run" };

    /// <summary>Mounts it, in the calling thread's mount namespace.</summary>
    public void Mount(ContainerLimits limits, TaskOwner owner)
    {
        Directory.CreateDirectory(path);
        // Its own folders and root take a few.
        const int Own = 32;
        Mounts.Tmpfs(path, string.Create(CultureInfo.InvariantCulture, $"mode=755,size={limits.ScratchBytes},nr_inodes={limits.ScratchFiles + Own}"));
        using var folder = DirectoryHandle.Open(path);
        foreach (var name in (ReadOnlySpan<string>)["home", "run"])
        {
            folder.Create(name).Dispose();
            folder.ChangeMode(name, OwnerOnly);
            folder.ChangeOwner(name, owner.UserId, owner.UserId);
        }

        folder.Create("facts").Dispose();
        foreach (var name in (ReadOnlySpan<string>)["tmp", "shm"])
        {
            folder.Create(name).Dispose();
            folder.ChangeMode(name, Sticky);
        }
    }

    /// <summary>Puts a file into <see cref="Facts"/> and returns where.</summary>
    public string AddFact(string name, string content)
    {
        var file = $"{Facts}/{name}";
        File.WriteAllText(file, content);
        return file;
    }

    /// <summary>Puts a task's secrets beside its folders, in the calling thread's mount namespace. They go with the rest of it.</summary>
    public void AddSecrets(IReadOnlyList<TaskSecret> secrets, TaskOwner owner)
    {
        if (secrets.Count == 0)
            return;
        Directory.CreateDirectory(Secrets);
        SecretFolder.Mount(Secrets, secrets, owner);
    }

    /// <summary>What is full.</summary>
    public ReachedLimit Reached()
    {
        var use = FileSystemUse.Of(ownPath);
        if (use.FreeBytes == 0)
            return ReachedLimit.ScratchBytes;
        return use.FreeFiles == 0 ? ReachedLimit.ScratchFiles : ReachedLimit.None;
    }

    /// <summary>Takes it away with all that is in it, in the calling thread's mount namespace.</summary>
    public void Unmount()
    {
        if (!Directory.Exists(path))
            return;
        Mounts.UnmountIfMounted(path);
        Directory.Delete(path);
    }
}
