using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>
/// The first worker that fits, in the order of the pool's list: small tasks pile up on the first workers and the last stay empty,
/// which leaves room for a big one and lets a scaler take the last away.
/// </summary>
internal sealed class FirstFitPlacement : IPlacementPolicy
{
    public WorkerEntry? Choose(ExecutionQueue queue)
    {
        var head = queue.Head!;
        foreach (var (pool, charge) in queue.Shape.Pools)
        {
            for (var i = pool.FirstWithRoom(); i < pool.Workers.Count; i++)
            {
                var worker = pool.Workers[i];
                WorkCount.Add(1);
                if (worker.IsPlaceable && Isolation.HasRoom(worker, queue, charge) && IsOpenTo(worker, head) && AvoidancePolicy.Allows(queue, worker))
                {
                    return worker;
                }
            }
        }

        return null;
    }

    private static bool IsOpenTo(WorkerEntry worker, ExecutionEntry execution) =>
        worker.ReservedFor is null || ReferenceEquals(worker.ReservedFor, execution);
}
