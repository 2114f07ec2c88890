using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
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

            var (start, first) = Heads.On(worker);
            if (start.Queue?.Head is not { } head)
            {
                return;
            }

            if (first != head && OvertakingPolicy.ShouldReserve(first!, turn.Options))
            {
                turn.Emit(new WorkerReserved(worker.Id, first!.Id));
                continue;
            }

            if (LocalityPolicy.FindBetter(turn.State, worker, start, first!) is not { } better)
            {
                Start(turn, worker, head, start.Charge, first == head ? null : first!.Id);
            }
            else
            {
                Start(turn, better, head, start.Charge, Heads.On(better).First is { } there && there != head ? there.Id : null);
            }
        }
    }

    private static bool TryStartReserved(Turn turn, WorkerEntry worker, ExecutionEntry kept)
    {
        var charge = Heads.ChargeOn(worker, kept.Shape);
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
}
