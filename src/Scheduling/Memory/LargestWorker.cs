using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Memory;

/// <summary>How much memory a task can get at most. Walks the workers of its pools: asked when a task ran out of it, not for every task.</summary>
internal static class LargestWorker
{
    /// <summary>The most memory of a worker that has the rest of the charge too; 0 when there is none.</summary>
    public static long MostMemory(Shape shape, Resources charge)
    {
        var most = 0L;
        foreach (var (pool, _) in shape.Pools)
        {
            most = Math.Max(most, MostMemory(pool, charge));
        }

        return most;
    }

    /// <summary>Of one pool, declared and linked.</summary>
    public static long MostMemory(PoolEntry pool, Resources charge)
    {
        var rest = charge with { MemoryBytes = 0 };
        var most = pool.Spec.LargestWorker is { } largest && rest.FitsIn(largest) ? largest.MemoryBytes : 0;
        foreach (var worker in pool.Workers)
        {
            if (rest.FitsIn(worker.Offer.Capacity))
            {
                most = Math.Max(most, worker.Offer.Capacity.MemoryBytes);
            }
        }

        return most;
    }
}
