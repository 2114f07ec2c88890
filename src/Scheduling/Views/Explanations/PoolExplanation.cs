using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Why no worker of a pool could start something even if nothing else were there.</summary>
internal static class PoolExplanation
{
    /// <summary>Pools may have been declared anew since it was accepted.</summary>
    public static string NoneOffers(SchedulerState state, Platform platform)
    {
        var pools = state.PoolsByName.Values.Where(static pool => pool.Declared).OrderBy(static pool => pool.Spec.Name, StringComparer.Ordinal).ToList();
        if (pools.Count == 0)
        {
            return "no pool is declared any more";
        }

        return $"no declared pool offers {platform} any more: "
            + Names.Some(pools.ConvertAll(pool => pool.Spec.Platform.FirstMissing(platform) is { } missing
                ? $"pool {pool.Spec.Name} has {(pool.Spec.Platform.ValueOf(missing.Key) is { } value ? $"{missing.Key}={value}" : $"no {missing.Key}")}"
                : $"pool {pool.Spec.Name}"));
    }

    /// <summary>Null when a worker takes work and is large enough.</summary>
    public static TaskWait? LackOf(SchedulerState state, PoolEntry pool, Resources charge)
    {
        var (ready, largest) = (0, Resources.None);
        foreach (var worker in pool.Workers)
        {
            if (!worker.TakesWork)
            {
                continue;
            }

            if (charge.FitsIn(worker.Offer.Capacity))
            {
                return null;
            }

            ready++;
            largest = largest.Max(worker.Offer.Capacity);
        }

        return ready > 0 ? TooSmall(pool, charge, largest) : OutOfService(state, pool, charge);
    }

    private static TaskWait TooSmall(PoolEntry pool, Resources charge, Resources largest)
    {
        var text = Amounts.FirstLack(charge, largest) is var (wanted, has)
            ? $"no worker now in pool {pool.Spec.Name} has {wanted}; the largest has {has}"
            : $"no one worker now in pool {pool.Spec.Name} has {Amounts.All(charge)} together";
        var large = pool.Workers.FirstOrDefault(worker => charge.FitsIn(worker.Offer.Capacity));
        return new TaskWait(WaitReason.WorkersTooSmall, large is null ? text : $"{text}; {large.Id}, which has, {IsOut(large)}");
    }

    private static TaskWait OutOfService(SchedulerState state, PoolEntry pool, Resources charge)
    {
        // A lost worker is in no pool; it names the one that it came to.
        var lost = state.WorkersById.Values.Count(worker => worker.Lost && string.Equals(worker.Offer.Pool, pool.Spec.Name, StringComparison.Ordinal));
        if (pool.Workers.Count + lost == 0)
        {
            return new TaskWait(WaitReason.NoWorker, $"pool {pool.Spec.Name} has no worker: it waits until one comes with {Amounts.All(charge)}");
        }

        var parts = pool.Workers.GroupBy(ConditionOf).OrderBy(static group => group.Key)
            .Select(static group => OfSome([.. group.OrderBy(static worker => worker.Id.Value, StringComparer.Ordinal)]))
            .ToList();
        if (lost > 0)
        {
            parts.Add(lost == 1 ? "1 is lost" : $"{lost} are lost");
        }

        return new TaskWait(WaitReason.WorkersOutOfService, $"no worker of pool {pool.Spec.Name} takes work: {string.Join(", ", parts)}");
    }

    private static WorkerCondition ConditionOf(WorkerEntry worker) => WorkerViews.ConditionOf(worker);

    private static string OfSome(List<WorkerEntry> same) =>
        same.Count == 1 ? $"{same[0].Id} {IsOut(same[0])}" : $"{same.Count} {AreOut(same)}";

    private static string IsOut(WorkerEntry worker) => ConditionOf(worker) switch
    {
        WorkerCondition.Draining => "is draining",
        WorkerCondition.Unlinked => "is not connected",
        WorkerCondition.Quarantined => $"is {WorkerQuarantine.Describe(worker.Conduct)}",
        WorkerCondition.Evicted => $"is out of service until it has ended what it ran, because {worker.Evicted}",
        _ => "is in a pool that is no longer declared",
    };

    /// <summary>One of them says why: an operator can do something about it.</summary>
    private static string AreOut(List<WorkerEntry> workers) => ConditionOf(workers[0]) switch
    {
        WorkerCondition.Draining => "are draining",
        WorkerCondition.Unlinked => "are not connected",
        WorkerCondition.Quarantined => $"are in quarantine ({workers[0].Id} {IsOut(workers[0])})",
        WorkerCondition.Evicted => $"are out of service ({workers[0].Id} because {workers[0].Evicted})",
        _ => "are in a pool that is no longer declared",
    };
}
