namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Version 1: a hierarchy for each controller. The limits need memory, cpu and pids; cpuacct counts CPU time.</summary>
internal sealed class CgroupsV1 : ICgroups
{
    // Those in which a task has limits or counters; the others' cgroups would say nothing about it.
    private static readonly string[] Limiting = ["memory", "pids", "cpu", "cpuacct"];

    private readonly Dictionary<string, string> controllers;
    private readonly string[] hierarchies;
    private readonly CgroupV1Membership membership;
    private readonly string basePath;

    /// <param name="mounts">Mount point by controller; named hierarchies by <c>name=…</c>.</param>
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    public CgroupsV1(IReadOnlyDictionary<string, string> mounts, string owner)
    {
        controllers = new Dictionary<string, string>(mounts, StringComparer.Ordinal);
        hierarchies = [.. mounts.Values.Distinct(StringComparer.Ordinal)];
        basePath = $"/buildfarm/{owner}";
        membership = new CgroupV1Membership([.. Limiting.Where(mounts.ContainsKey).Select(name => mounts[name]).Distinct(StringComparer.Ordinal)]);
    }

    public string Description => "cgroup v1";

    public bool CanBeEntered => true;

    public ICgroup Create(string id, ContainerLimits limits)
    {
        var path = $"{basePath}/{id}";
        var memory = Make("memory", path);
        KernelFile.Write($"{memory}/memory.limit_in_bytes", Invariant(limits.MemoryBytes));
        // The same limit for memory and swap together means no swap; the file is missing where swap is not accounted.
        KernelFile.TryWrite($"{memory}/memory.memsw.limit_in_bytes", Invariant(limits.MemoryBytes));
        var pids = Make("pids", path);
        KernelFile.Write($"{pids}/pids.max", Invariant(limits.Processes));
        var cpu = Make("cpu", path);
        KernelFile.Write($"{cpu}/cpu.shares", Invariant(Math.Max(2, limits.CpuMillis * 1024 / 1000)));
        if (limits.HardCpu)
            KernelFile.Write($"{cpu}/cpu.cfs_quota_us", Invariant(limits.CpuMillis * 100));
        var accounting = controllers.ContainsKey("cpuacct") ? Make("cpuacct", path) : null;
        return new CgroupV1(this, path, memory, pids, cpu, accounting);
    }

    public int RemoveAll()
    {
        var tasks = controllers.TryGetValue("memory", out var memory) && Directory.Exists(memory + basePath)
            ? Directory.GetDirectories(memory + basePath).Length
            : 0;
        foreach (var hierarchy in hierarchies)
        {
            CgroupFolder.Remove(hierarchy + basePath);
            CgroupFolder.RemoveIfEmpty(hierarchy + Path.GetDirectoryName(basePath));
        }

        return tasks;
    }

    internal IDisposable Enter(string path) => membership.Enter(path);

    /// <summary>Removes a task's cgroup everywhere: runtimes make its path in every hierarchy there is.</summary>
    /// <exception cref="IOException">Something in it will not die.</exception>
    internal void Remove(string path)
    {
        // All of them, whatever one says.
        if (hierarchies.Select(hierarchy => hierarchy + path).Where(folder => !CgroupFolder.Remove(folder)).ToList() is [var left, ..])
        {
            throw CgroupFolder.StillInUse(left);
        }
    }

    private static string Invariant(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private string Make(string controller, string path)
    {
        if (!controllers.TryGetValue(controller, out var mount))
            throw new RuntimeUnusableException($"the cgroup controller {controller} is not mounted, so no limits can be set: mount cgroups, or use --isolation none");
        return Directory.CreateDirectory(mount + path).FullName;
    }
}
