namespace BuildFarm.Worker.Containers;

/// <summary>What a container used, from its cgroup; zero where the machine does not tell.</summary>
/// <param name="PeakMemoryBytes">The most memory at one moment, page cache and tmpfs included.</param>
/// <param name="CpuTime">User and system time of all its processes.</param>
/// <param name="OutOfMemoryEvents">Times that the kernel had to kill for want of memory under its limit.</param>
/// <param name="ReachedProcessLimit">A fork was refused for the limit on processes.</param>
internal sealed record CgroupUsage(long PeakMemoryBytes, TimeSpan CpuTime, long OutOfMemoryEvents, bool ReachedProcessLimit)
{
    /// <summary>The most processes and threads at one moment.</summary>
    public long PeakProcesses { get; init; }

    /// <summary>From and to disks.</summary>
    public DiskTraffic Disk { get; init; }

    public static CgroupUsage None { get; } = new(0, TimeSpan.Zero, 0, ReachedProcessLimit: false);
}
