using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>
/// Sends an execution to a worker that had its inputs or its image lately, when that costs nobody anything: of the workers that would do
/// as well as the one that has room. Another one of the same pool does as well when it is no larger and has no more room, so that the
/// larger room stays whole; when it is in use, unless both are idle; and when what stands before it is the same there and here.
/// </summary>
internal static class LocalityPolicy
{
    /// <summary>Workers that are looked at for one key. With more of them busy the first with room is good enough.</summary>
    public const int MostLooks = 8;

    /// <summary>
    /// A worker that does as well as the one that has room and had more of what the head of the queue shares: the most telling key
    /// first, and who had it last. Null when there is none. Bounded by the keys and the looks, whatever the number of workers.
    /// </summary>
    /// <param name="state">Where the keys are.</param>
    /// <param name="worker">The one that has room.</param>
    /// <param name="start">The best queue of those that fit there.</param>
    /// <param name="first">The execution that stands first there, whether it fits now or not.</param>
    public static WorkerEntry? FindBetter(SchedulerState state, WorkerEntry worker, Heads.Fitting start, ExecutionEntry first)
    {
        var execution = start.Queue.Head!;
        var keys = state.Localities[execution.Locality];
        if (keys.IsEmpty || execution.ReservedOn is not null)
        {
            return null;
        }

        var mine = worker.Recent.PlaceOfFirst(keys);
        for (var place = 0; place < mine; place++)
        {
            var mark = worker.Pool.Holders.NewestOf(keys[place]);
            for (var looks = 0; mark is not null && looks < MostLooks; looks++, mark = mark.Older)
            {
                WorkCount.Add(1);
                if (DoesAsWell(mark.Worker, worker, start) && StandsTheSame(mark.Worker, execution, first))
                {
                    return mark.Worker;
                }
            }
        }

        return null;
    }

    private static bool DoesAsWell(WorkerEntry other, WorkerEntry worker, Heads.Fitting start) =>
        other is { IsPlaceable: true, ReservedFor: null }
        && other.Offer.Capacity.FitsIn(worker.Offer.Capacity)
        && other.Free.FitsIn(worker.Free)
        && other.FreeFor(children: false).FitsIn(worker.FreeFor(children: false))
        && (!other.IsEmpty || worker.IsEmpty)
        && Isolation.HasRoom(other, start.Queue, start.Charge)
        && AvoidancePolicy.Allows(start.Queue, other);

    /// <summary>It is the best of what fits there too, and overtakes nobody there whom it would not overtake here.</summary>
    private static bool StandsTheSame(WorkerEntry other, ExecutionEntry execution, ExecutionEntry first)
    {
        var (start, there) = Heads.On(other);
        return ReferenceEquals(start.Queue?.Head, execution) && (ReferenceEquals(there, execution) || ReferenceEquals(there, first));
    }
}
