using BuildFarm.Scheduling.Placement;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>
/// Why an execution that waits for a worker has none: there is no pool, no worker, no large one, others go first, or there is no room. The
/// first of these that is so is the answer, because while it lasts the others do not matter.
/// </summary>
internal static class QueueExplanation
{
    public static TaskWait Of(SchedulerState state, TaskRef task, ExecutionEntry execution)
    {
        var shape = execution.Shape;
        if (shape.Pools.Length == 0)
        {
            return new TaskWait(WaitReason.NoPool, PoolExplanation.NoneOffers(state, shape.Platform));
        }

        var candidates = new List<(WorkerEntry Worker, Resources Charge)>();
        var lacks = new List<TaskWait>();
        foreach (var (pool, charge) in shape.Pools)
        {
            if (PoolExplanation.LackOf(state, pool, charge) is { } lack)
            {
                lacks.Add(lack);
                continue;
            }

            foreach (var worker in pool.Workers)
            {
                if (worker.TakesWork && charge.FitsIn(worker.Offer.Capacity) && AvoidancePolicy.Allows(execution.Queue!, worker))
                {
                    candidates.Add((worker, charge));
                }
            }
        }

        if (candidates.Count == 0)
        {
            // What can be mended by a worker that comes, before what needs another kind of worker.
            return new TaskWait(lacks.Min(static lack => lack.Reason), string.Join("; ", lacks.Select(static lack => lack.Text)));
        }

        var (wait, avoided) = (Candidates.Explain(task, execution, candidates), Avoided(execution));
        return wait with { Text = wait.Text + avoided };
    }

    private static string Avoided(ExecutionEntry execution) => execution is { Avoid.Workers: { Length: > 0 } workers, Alone: false }
        ? $"; it keeps away from {Names.Some([.. workers.ToArray().Select(static worker => worker.Value)])} while others can run it"
        : "";
}
