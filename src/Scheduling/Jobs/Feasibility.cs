using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Whether any declared pool can ever run a task.</summary>
internal static class Feasibility
{
    /// <summary>Which task cannot run, and what it lacks, in one line; null when all can.</summary>
    public static string? FindImpossible(SchedulerState state, JobSpec spec)
    {
        var possible = new HashSet<(Platform, Resources)>();
        foreach (var task in spec.Tasks)
        {
            if (possible.Contains((task.Platform, task.Resources)))
            {
                continue;
            }

            if (FindLack(state, task) is { } lack)
            {
                return $"no pool can run task '{task.Name}': {lack}";
            }

            possible.Add((task.Platform, task.Resources));
        }

        return null;
    }

    private static string? FindLack(SchedulerState state, TaskSpec task)
    {
        string? property = null;
        string? amount = null;
        var pools = new List<PoolEntry>(state.PoolsByName.Values);
        pools.Sort(static (a, b) => string.CompareOrdinal(a.Spec.Name, b.Spec.Name));
        foreach (var pool in pools)
        {
            if (!pool.Declared)
            {
                continue;
            }

            if (pool.Spec.Platform.FirstMissing(task.Platform) is { } missing)
            {
                var offered = pool.Spec.Platform.ValueOf(missing.Key) is { } value ? $"{missing.Key}={value}" : $"no {missing.Key}";
                property ??= $"it requires {missing.Key}={missing.Value}, and pool '{pool.Spec.Name}' offers {offered}";
                continue;
            }

            var lack = FindLack(pool, Shape.ChargeIn(pool.Spec, task.Resources));
            if (lack is null)
            {
                return null;
            }

            amount ??= lack;
        }

        return amount ?? property ?? "no pool is declared";
    }

    /// <summary>What a charge lacks in a pool, in one line; null when it fits, or when nothing is known of the pool's workers.</summary>
    public static string? FindLack(PoolEntry pool, Resources charge)
    {
        var largest = pool.Spec.LargestWorker ?? Resources.None;
        var known = pool.Spec.LargestWorker is not null;
        if (known && charge.FitsIn(largest))
        {
            return null;
        }

        foreach (var worker in pool.Workers)
        {
            var capacity = worker.Offer.Capacity;
            if (charge.FitsIn(capacity))
            {
                return null;
            }

            known = true;
            largest = largest.Max(capacity);
        }

        if (!known)
        {
            return null;
        }

        return Amounts.FirstLack(charge, largest) is var (wanted, has)
            ? $"it asks for {wanted}, and the largest worker of pool '{pool.Spec.Name}' has {has}"
            : $"no one worker of pool '{pool.Spec.Name}' has {Amounts.All(charge)} together";
    }
}
