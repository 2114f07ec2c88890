namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Version 2: one hierarchy; controllers are handed down folder by folder.</summary>
internal sealed class CgroupsV2 : ICgroups
{
    private readonly string mount;
    private readonly string basePath;

    /// <param name="mount">Where the hierarchy is mounted.</param>
    /// <param name="place">The cgroup that is the worker's to divide: see <see cref="CgroupV2Place.Of"/>.</param>
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    /// <exception cref="RuntimeUnusableException">The controllers are not delegated to this worker.</exception>
    public CgroupsV2(string mount, string place, string owner)
    {
        this.mount = mount;
        basePath = PathOf(place, owner);
        try
        {
            CgroupV2Place.HandDown(mount + place);
            MakeBase();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException(
                $"the cgroup {(place.Length == 0 ? "/" : place)} does not hand memory, pids and cpu down to this worker ({e.Message}): run the worker as a service with Delegate=yes, or in a container with a cgroup namespace of its own");
        }
    }

    public string Description => "cgroup v2";

    public ICgroup Create(string id, ContainerLimits limits)
    {
        // It is gone when everything was removed, and the worker goes on.
        if (!Directory.Exists(mount + basePath))
            MakeBase();
        var path = $"{basePath}/{id}";
        var folder = Directory.CreateDirectory(mount + path).FullName;
        KernelFile.Write($"{folder}/memory.max", Invariant(limits.MemoryBytes));
        KernelFile.TryWrite($"{folder}/memory.swap.max", "0");
        KernelFile.Write($"{folder}/pids.max", Invariant(limits.Processes));
        KernelFile.Write($"{folder}/cpu.weight", Invariant(Weight(limits.CpuMillis)));
        if (limits.HardCpu)
            KernelFile.Write($"{folder}/cpu.max", $"{Invariant(limits.CpuMillis * 100)} 100000");
        return new CgroupV2(folder, $"{path}/c");
    }

    public int RemoveAll()
    {
        var tasks = CgroupFolder.Children(mount + basePath).Length;
        CgroupFolder.Remove(mount + basePath);
        return tasks;
    }

    /// <summary>Where a worker's cgroups are below the mount.</summary>
    internal static string PathOf(string place, string owner) => $"{place}/buildfarm-{owner}";

    /// <summary>Weights go from 1 to 10,000; 100 is the default, which stands for one CPU here.</summary>
    private static long Weight(long cpuMillis) => Math.Clamp(cpuMillis / 10, 1, 10_000);

    private static string Invariant(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void MakeBase()
    {
        Directory.CreateDirectory(mount + basePath);
        KernelFile.Write($"{mount}{basePath}/cgroup.subtree_control", CgroupV2Place.Controllers);
        KernelFile.TryWrite($"{mount}{basePath}/cgroup.subtree_control", "+io");
    }
}
