using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Memory;

/// <summary>
/// Gives tasks that declare no memory what earlier runs have shown them to need. Only ever more than their pool's default: a default
/// is what the operator promises, and less would turn every variation into a failure. Never more than the largest worker has, so
/// that what has run before is never refused for what it learned.
/// </summary>
internal static class LearnedMemory
{
    /// <summary>The same spec, or one with the memory of some tasks set.</summary>
    public static JobSpec FillIn(SchedulerState state, JobSpec spec)
    {
        ImmutableArray<TaskSpec>.Builder? tasks = null;
        Dictionary<(Platform Platform, Resources Asked), (long Default, long Most)>? known = null;
        for (var i = 0; i < spec.Tasks.Length; i++)
        {
            var task = spec.Tasks[i];
            if (task.ExpectedMemoryBytes <= 0 || task.Resources.MemoryBytes > 0)
            {
                continue;
            }

            known ??= [];
            if (!known.TryGetValue((task.Platform, task.Resources), out var bounds))
            {
                known.Add((task.Platform, task.Resources), bounds = BoundsOf(state, task));
            }

            var memory = Math.Min(task.ExpectedMemoryBytes, bounds.Most);
            if (memory > bounds.Default)
            {
                tasks ??= spec.Tasks.ToBuilder();
                tasks[i] = task with { Resources = task.Resources with { MemoryBytes = memory } };
            }
        }

        return tasks is null ? spec : spec with { Tasks = tasks.ToImmutable() };
    }

    /// <summary>The largest default among the pools that offer its platform, and the most memory that it can get there.</summary>
    private static (long Default, long Most) BoundsOf(SchedulerState state, TaskSpec task)
    {
        var bounds = (Default: 0L, Most: 0L);
        foreach (var pool in state.PoolsByName.Values)
        {
            if (pool.Declared && pool.Spec.Platform.Satisfies(task.Platform))
            {
                var charge = Queues.Shape.ChargeIn(pool.Spec, task.Resources);
                bounds = (Math.Max(bounds.Default, charge.MemoryBytes), Math.Max(bounds.Most, LargestWorker.MostMemory(pool, charge)));
            }
        }

        return bounds;
    }
}
