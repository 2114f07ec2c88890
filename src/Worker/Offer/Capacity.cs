using BuildFarm.V1;
using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Offer;

/// <summary>What a worker can give to tasks.</summary>
internal static class Capacity
{
    private const long LeastReserve = 256L << 20;
    private const long MostReserve = 2L << 30;

    public static Resources Of(WorkerOptions options, HostFacts host)
    {
        var slots = options.Slots > 0 ? options.Slots : Math.Max(1, host.CpuCount);
        var memory = options.MemoryBytes > 0 ? options.MemoryBytes : WithoutReserve(Math.Min(host.MemoryBytes, CgroupLimit(host.MemoryBytes)));
        return new Resources { CpuMillis = slots * 1000L, MemoryBytes = memory, Named = { options.Resources } };
    }

    /// <summary>What a task gets that does not say how much it needs: its share by CPU.</summary>
    public static long DefaultMemory(Resources capacity) => capacity.MemoryBytes / Math.Max(1, capacity.CpuMillis / 1000);

    /// <summary>A tenth stays for the worker and the system, within bounds.</summary>
    private static long WithoutReserve(long total) => Math.Max(total / 2, total - Math.Clamp(total / 10, LeastReserve, MostReserve));

    /// <summary>A worker in a pod has no more than the pod, whatever the machine has.</summary>
    private static long CgroupLimit(long total)
    {
        foreach (var file in (ReadOnlySpan<string>)["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"])
        {
            var limit = KernelFile.ReadNumber(file);
            if (limit > 0)
                return Math.Min(limit, total);
        }

        return total;
    }
}
