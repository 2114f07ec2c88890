using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>
/// The last stage of a command: gives what waits to the workers that have room. Looks at workers that got room and at queues that
/// got their first entry, never at the whole queue: everything else was tried before and nothing changed for it.
/// </summary>
internal sealed class Placer(IPlacementPolicy policy)
{
    public void Run(Turn turn)
    {
        FillAll(turn);
        foreach (var queue in turn.ToTry)
        {
            while (queue.Count > 0 && policy.Choose(queue) is { } worker)
            {
                Fill(turn, worker);
                FillAll(turn);
            }
        }
    }

    private static void FillAll(Turn turn)
    {
        // Filling one worker may open another that was kept free for what just started.
        for (var i = 0; i < turn.ToPlace.Count; i++)
        {
            var worker = turn.ToPlace[i];
            worker.Marks &= ~WorkerMarks.Place;
            Fill(turn, worker);
        }

        turn.ToPlace.Clear();
    }

    /// <summary>Starts the best of what fits, until nothing fits. The best of all queues goes first, whichever led here.</summary>
    private static void Fill(Turn turn, WorkerEntry worker)
    {
        ParentPolicy.ResumeOn(turn, worker);
        while (worker.IsPlaceable)
        {
            if (worker.ReservedFor is { } kept)
            {
                if (!TryStartReserved(turn, worker, kept))
                {
                    return;
                }

                continue;
            }

            var (start, first) = FindHeads(worker);
            if (start.Queue is null)
            {
                return;
            }

            if (first!.Head == start.Queue.Head)
            {
                Start(turn, worker, start.Queue.Head!, start.Charge, overtook: null);
            }
            else if (OvertakingPolicy.ShouldReserve(first.Head!, turn.Options))
            {
                turn.Emit(new WorkerReserved(worker.Id, first.Head!.Id));
            }
            else
            {
                Start(turn, worker, start.Queue.Head!, start.Charge, first.Head!.Id);
            }
        }
    }

    /// <summary>
    /// The queue with the best head that fits into the worker's room, and the one with the best head that would fit if the worker
    /// were empty.
    /// </summary>
    private static ((ExecutionQueue? Queue, Resources Charge) Fitting, ExecutionQueue? First) FindHeads(WorkerEntry worker)
    {
        (ExecutionQueue? Queue, Resources Charge) fitting = default;
        ExecutionQueue? first = null;
        WorkCount.Add(worker.Pool.Waiting.Count);
        foreach (var queue in worker.Pool.Waiting)
        {
            var charge = ChargeOn(worker, queue.Shape);
            var head = queue.Head!;
            if ((first is not null && !head.StandsBefore(first.Head!) && fitting.Queue is not null && !head.StandsBefore(fitting.Queue.Head!))
                || !charge.FitsIn(worker.Offer.Capacity)
                || !AvoidancePolicy.Allows(queue, worker))
            {
                continue;
            }

            if (first is null || head.StandsBefore(first.Head!))
            {
                first = queue;
            }

            if (Isolation.HasRoom(worker, queue, charge) && (fitting.Queue is null || head.StandsBefore(fitting.Queue.Head!)))
            {
                fitting = (queue, charge);
            }
        }

        return (fitting, first);
    }

    private static bool TryStartReserved(Turn turn, WorkerEntry worker, ExecutionEntry kept)
    {
        var charge = ChargeOn(worker, kept.Shape);
        if (!Isolation.HasRoom(worker, kept.Queue!, charge))
        {
            return false;
        }

        Start(turn, worker, kept, charge, overtook: null);
        return true;
    }

    private static void Start(Turn turn, WorkerEntry worker, ExecutionEntry execution, Resources charge, ExecutionId? overtook)
    {
        var keptFree = execution.ReservedOn;
        turn.Emit(new AttemptStarted(new Lease(execution.Id, execution.Epoch + 1), worker.Id, charge, turn.Now.Wall, overtook));
        turn.WaitersChanged(execution);
        turn.Tell(worker);
        StragglerPolicy.Watch(turn, execution);
        if (keptFree is not null && !ReferenceEquals(keptFree, worker))
        {
            turn.Place(keptFree);
        }
    }

    private static Resources ChargeOn(WorkerEntry worker, Shape shape)
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
}
