namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Version 2: one hierarchy; controllers are handed down folder by folder.</summary>
internal sealed class CgroupsV2 : ICgroups
{
    private const string Controllers = "+memory +pids +cpu";

    private readonly string mount;
    private readonly string basePath;

    /// <param name="mount">Where the hierarchy is mounted.</param>
    /// <param name="own">The worker's own cgroup, as <c>/proc/self/cgroup</c> has it.</param>
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    /// <exception cref="RuntimeUnusableException">The controllers are not delegated to this worker.</exception>
    public CgroupsV2(string mount, string own, string owner)
    {
        this.mount = mount;
        var parent = own == "/" ? "" : own;
        basePath = $"{parent}/buildfarm-{owner}";
        try
        {
            Delegate(parent);
            Directory.CreateDirectory(mount + basePath);
            KernelFile.Write($"{mount}{basePath}/cgroup.subtree_control", Controllers);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException(
                $"the cgroup {own} does not hand memory, pids and cpu down to this worker ({e.Message}): run the worker as a service with Delegate=yes, or in a container with a cgroup namespace of its own");
        }
    }

    public string Description => "cgroup v2";

    public bool CanBeEntered => false;

    public ICgroup Create(string id, ContainerLimits limits)
    {
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
        var tasks = Directory.Exists(mount + basePath) ? Directory.GetDirectories(mount + basePath) : [];
        foreach (var task in tasks)
            CgroupFolder.Remove(task);
        return tasks.Length;
    }

    /// <summary>Weights go from 1 to 10,000; 100 is the default, which stands for one CPU here.</summary>
    private static long Weight(long cpuMillis) => Math.Clamp(cpuMillis / 10, 1, 10_000);

    private static string Invariant(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// A cgroup that hands controllers down may hold no processes itself (the root excepted), so the worker moves into a
    /// child of its own first.
    /// </summary>
    private void Delegate(string parent)
    {
        var folder = mount + parent;
        if (KernelFile.TryWrite($"{folder}/cgroup.subtree_control", Controllers))
            return;
        Directory.CreateDirectory($"{folder}/buildfarm-agent");
        KernelFile.Write($"{folder}/buildfarm-agent/cgroup.procs", Invariant(Environment.ProcessId));
        KernelFile.Write($"{folder}/cgroup.subtree_control", Controllers);
    }
}
