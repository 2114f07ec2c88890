using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>
/// Keeps an execution from the workers that it was lost on, as long as there is another worker that could run it at some time.
/// </summary>
internal static class AvoidancePolicy
{
    public static bool Allows(ExecutionQueue queue, WorkerEntry worker) =>
        queue.Avoid is null || !queue.Avoid.Contains(worker.Id) || !HasAlternative(queue);

    /// <summary>Stops at the first that will do, and at most as many will not do as were lost.</summary>
    private static bool HasAlternative(ExecutionQueue queue)
    {
        foreach (var (pool, charge) in queue.Shape.Pools)
        {
            foreach (var other in pool.Workers)
            {
                if (other.TakesWork && charge.FitsIn(other.Offer.Capacity) && !queue.Avoid!.Contains(other.Id))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
