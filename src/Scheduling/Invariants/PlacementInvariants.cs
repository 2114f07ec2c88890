using BuildFarm.Scheduling.Placement;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>Nothing waits that could start: every worker that is open to the head of a queue is too full for it.</summary>
internal static class PlacementInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        foreach (var pool in state.PoolsByName.Values)
        {
            foreach (var queue in pool.Waiting)
            {
                foreach (var worker in pool.Workers)
                {
                    Check(queue, pool, worker, faults);
                }
            }
        }
    }

    private static void Check(Queues.ExecutionQueue queue, PoolEntry pool, WorkerEntry worker, List<string> faults)
    {
        var head = queue.Head;
        if (head is null)
        {
            faults.Add($"pool {pool.Spec.Name} lists an empty queue");
            return;
        }

        var open = worker.ReservedFor is null || ReferenceEquals(worker.ReservedFor, head);
        var company = head.Alone && worker.Holdings.Exists(static holding => holding.IsCharged);
        var fits = Queues.Shape.ChargeIn(pool.Spec, queue.Shape.Asked).FitsIn(worker.FreeFor(queue.Shape.OfChildren)) && !company;
        faults.Require(
            !(open && fits && worker.IsPlaceable && AvoidancePolicy.Allows(queue, worker)),
            $"{head.Id} waits though it fits on {worker.Id}");
    }
}
