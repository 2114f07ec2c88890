namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Version 1: a hierarchy for each controller. The limits need memory, cpu and pids; cpuacct counts CPU time, blkio bytes.</summary>
internal sealed class CgroupsV1 : ICgroups
{
    // Those that users are handed.
    private static readonly string[] Limiting = ["memory", "pids", "cpu", "cpuacct"];

    // Those in which a task has limits or counters; the others' cgroups would say nothing about it.
    private static readonly string[] Telling = [.. Limiting, "blkio"];

    private readonly IReadOnlyDictionary<string, string> controllers;

    // The folder of this worker in each hierarchy, by the hierarchy's mount point.
    private readonly Dictionary<string, string> folders;
    private readonly CgroupV1Membership membership;
    private readonly bool sharesParent;
    private bool _countsDisks;

    /// <param name="mounts">Mount point by controller; named hierarchies by <c>name=…</c>.</param>
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    public CgroupsV1(IReadOnlyDictionary<string, string> mounts, string owner)
        : this(mounts, mounts.Values.Distinct(StringComparer.Ordinal).ToDictionary(static mount => mount, mount => $"{mount}/buildfarm/{owner}", StringComparer.Ordinal), sharesParent: true)
    {
    }

    private CgroupsV1(IReadOnlyDictionary<string, string> controllers, Dictionary<string, string> folders, bool sharesParent)
    {
        this.controllers = controllers;
        this.folders = folders;
        this.sharesParent = sharesParent;
        membership = new CgroupV1Membership([.. Telling.Where(controllers.ContainsKey).Select(name => controllers[name]).Distinct(StringComparer.Ordinal)]);
    }

    public string Description => "cgroup v1";

    /// <summary>Below the cgroups that the worker is in, which were given to its user, and in no other hierarchy.</summary>
    /// <param name="mounts">Mount point by controller.</param>
    /// <param name="own">Content of <c>/proc/self/cgroup</c>.</param>
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    public static CgroupsV1 BelowOwn(IReadOnlyDictionary<string, string> mounts, string own, string owner)
    {
        var limiting = mounts.Where(static mount => Limiting.Contains(mount.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        var delegated = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (controller, mount) in limiting)
            delegated[mount] = $"{mount}{CgroupMounts.OwnPath(own, controller)}/buildfarm-{owner}";
        return new CgroupsV1(limiting, delegated, sharesParent: false);
    }

    public ICgroup Create(string id, ContainerLimits limits)
    {
        var memory = Make("memory", id);
        KernelFile.Write($"{memory}/memory.limit_in_bytes", Invariant(limits.MemoryBytes));
        // The same limit for memory and swap together means no swap; the file is missing where swap is not accounted.
        KernelFile.TryWrite($"{memory}/memory.memsw.limit_in_bytes", Invariant(limits.MemoryBytes));
        var pids = Make("pids", id);
        KernelFile.Write($"{pids}/pids.max", Invariant(limits.Processes));
        var cpu = Make("cpu", id);
        KernelFile.Write($"{cpu}/cpu.shares", Invariant(Math.Max(2, limits.CpuMillis * 1024 / 1000)));
        if (limits.HardCpu)
            KernelFile.Write($"{cpu}/cpu.cfs_quota_us", Invariant(limits.CpuMillis * 100));
        var accounting = controllers.ContainsKey("cpuacct") ? Make("cpuacct", id) : null;
        var disks = controllers.ContainsKey("blkio") ? Make("blkio", id) : null;
        if (disks is not null && Interlocked.Exchange(ref _countsDisks, true) is false)
            DiskCounters.BeginV1(disks);
        return new CgroupV1(this, id, memory, pids, cpu, accounting, disks);
    }

    public int RemoveAll()
    {
        var tasks = controllers.TryGetValue("memory", out var memory) ? CgroupFolder.Children(folders[memory]).Length : 0;
        foreach (var folder in folders.Values)
        {
            CgroupFolder.Remove(folder);
            if (sharesParent)
                CgroupFolder.RemoveIfEmpty(Path.GetDirectoryName(folder)!);
        }

        return tasks;
    }

    /// <summary>The child of a task's cgroup for the runtime to make, from the mount points.</summary>
    internal string RuntimePath(string id) => $"{folders[controllers["memory"]][controllers["memory"].Length..]}/{id}/c";

    internal IDisposable Enter(string id) => membership.Enter(mount => $"{folders[mount]}/{id}");

    /// <summary>Removes a task's cgroup everywhere: runtimes make its path in every hierarchy there is.</summary>
    /// <exception cref="IOException">Something in it will not die.</exception>
    internal void Remove(string id)
    {
        // All of them, whatever one says.
        if (folders.Values.Select(folder => $"{folder}/{id}").Where(folder => !CgroupFolder.Remove(folder)).ToList() is [var left, ..])
        {
            throw CgroupFolder.StillInUse(left);
        }
    }

    private static string Invariant(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private string Make(string controller, string id)
    {
        if (!controllers.TryGetValue(controller, out var mount))
            throw new RuntimeUnusableException($"the cgroup controller {controller} is not mounted, so no limits can be set: mount cgroups, or use --isolation none");
        return CgroupFolder.Make($"{folders[mount]}/{id}");
    }
}
