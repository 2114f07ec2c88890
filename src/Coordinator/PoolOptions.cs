using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>A declared pool: workers with the same platform properties.</summary>
public sealed class PoolOptions
{
    /// <summary>Unique; what workers name in their offer.</summary>
    public string Name { get; set; } = "default";

    /// <summary>Platform properties that every worker of the pool offers.</summary>
    public Dictionary<string, string> Platform { get; set; } = [];

    /// <summary>Memory of a task that asks for none, in bytes.</summary>
    public long DefaultMemoryBytes { get; set; } = 1L << 30;

    /// <summary>
    /// CPU of the largest worker that the pool can get, in thousandths; 0 when unknown. With it an impossible request is
    /// refused even while the pool is empty.
    /// </summary>
    public long LargestWorkerCpuMillis { get; set; }

    /// <summary>Memory of the largest worker that the pool can get, in bytes; set together with <see cref="LargestWorkerCpuMillis"/>.</summary>
    public long LargestWorkerMemoryBytes { get; set; }

    internal IEnumerable<string> FindProblems()
    {
        if (Name.Length == 0)
        {
            yield return $"{nameof(Name)}: a pool needs a name";
        }

        if (DefaultMemoryBytes < 1)
        {
            yield return $"{Name}: {nameof(DefaultMemoryBytes)} {DefaultMemoryBytes} is less than 1";
        }

        if (LargestWorkerCpuMillis < 0 || LargestWorkerMemoryBytes < 0 || (LargestWorkerCpuMillis == 0) != (LargestWorkerMemoryBytes == 0))
        {
            yield return $"{Name}: {nameof(LargestWorkerCpuMillis)} and {nameof(LargestWorkerMemoryBytes)} are set together or not at all";
        }
    }

    internal PoolSpec ToSpec() => new(Name, Scheduling.Platform.Of(Platform))
    {
        DefaultMemoryBytes = DefaultMemoryBytes,
        LargestWorker = LargestWorkerCpuMillis == 0 ? null : new Resources(LargestWorkerCpuMillis, LargestWorkerMemoryBytes),
    };
}
