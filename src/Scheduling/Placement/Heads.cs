using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>Looks at the heads of the queues that a worker could run: as many as there are shapes, whatever waits behind them.</summary>
internal static class Heads
{
    /// <summary>
    /// The queue with the best head that fits into the worker's room, and the best head that would fit if the worker were empty.
    /// </summary>
    public static (Fitting Start, ExecutionEntry? First) On(WorkerEntry worker)
    {
        Fitting fitting = default;
        ExecutionEntry? first = null;
        WorkCount.Add(worker.Pool.Waiting.Count);
        foreach (var queue in worker.Pool.Waiting)
        {
            var charge = ChargeOn(worker, queue.Shape);
            var head = queue.Head!;
            if ((first is not null && !head.StandsBefore(first) && fitting.Queue is not null && !head.StandsBefore(fitting.Queue.Head!))
                || !charge.FitsIn(worker.Offer.Capacity)
                || !AvoidancePolicy.Allows(queue, worker))
            {
                continue;
            }

            if (first is null || head.StandsBefore(first))
            {
                first = head;
            }

            if (Isolation.HasRoom(worker, queue, charge) && (fitting.Queue is null || head.StandsBefore(fitting.Queue.Head!)))
            {
                fitting = new Fitting(queue, charge);
            }
        }

        return (fitting, first);
    }

    /// <summary>What one execution of a shape holds on a worker of a pool that can run it.</summary>
    public static Resources ChargeOn(WorkerEntry worker, Shape shape)
    {
        foreach (var (pool, charge) in shape.Pools)
        {
            if (ReferenceEquals(pool, worker.Pool))
            {
                return charge;
            }
        }

        throw new InvalidOperationException($"Pool {worker.Pool.Spec.Name} cannot run this shape.");
    }

    /// <summary>A queue whose head fits now, and what it will hold; no queue when none does.</summary>
    internal readonly record struct Fitting(ExecutionQueue Queue, Resources Charge);
}
