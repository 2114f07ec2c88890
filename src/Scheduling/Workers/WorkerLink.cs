using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Workers;

/// <summary>Workers come and go.</summary>
internal static class WorkerLink
{
    public static void Execute(Turn turn, WorkerLinked linked)
    {
        if (FindRefusal(turn.State, linked.Offer) is { } reason)
        {
            turn.Do(new WorkerRefused(linked.Correlation, linked.Worker, reason));
            return;
        }

        var worker = turn.State.WorkersById.GetValueOrDefault(linked.Worker);
        if (worker is null || !string.Equals(worker.Incarnation, linked.Incarnation, StringComparison.Ordinal))
        {
            if (worker is not null)
            {
                Attempts.LoseAll(turn, worker, $"worker {worker.Id} was restarted");
            }

            turn.Emit(new WorkerJoined(linked.Worker, linked.Incarnation, linked.Offer, turn.Now.Wall));
            worker = turn.State.WorkersById[linked.Worker];
            if (linked.HasAttempts)
            {
                turn.Emit(new WorkerEvicted(worker.Id, EvictionPolicy.UnknownAttempts));
            }
        }
        else
        {
            if (worker.Linked)
            {
                // The end of the stream before was not noticed; it counts all the same.
                turn.Emit(new WorkerDisconnected(worker.Id));
            }

            turn.Emit(new WorkerReturned(worker.Id));
        }

        Hear(turn, worker);
        turn.Do(new WorkerAccepted(linked.Correlation, worker.Id));
        turn.Tell(worker);
        turn.Place(worker);
        RetryAvoiding(turn, worker.Pool);
    }

    public static void Execute(Turn turn, WorkerUnlinked unlinked)
    {
        if (Find(turn.State, unlinked.Worker, unlinked.Incarnation) is not { Linked: true } worker)
        {
            return;
        }

        turn.Emit(new WorkerDisconnected(worker.Id));
        var grace = turn.Now.Monotonic + turn.Options.UnlinkGrace;
        if (!worker.Lost && (!worker.Deadline.IsSet || grace < worker.Deadline.At))
        {
            turn.Emit(new WorkerDeadlineSet(worker.Id, grace, HeardAt: null));
        }

        RetryAvoiding(turn, worker.Pool);
    }

    public static void Execute(Turn turn, DrainWorker drain)
    {
        if (!turn.State.WorkersById.TryGetValue(drain.Worker, out var worker))
        {
            turn.Do(new WorkerRefused(drain.Correlation, drain.Worker, $"no worker {drain.Worker} is known"));
            return;
        }

        SetDrain(turn, worker, worker.DrainsByItself, drain.Drain);
        turn.Do(new WorkerAccepted(drain.Correlation, drain.Worker));
    }

    /// <summary>The worker of this incarnation; null when there is none.</summary>
    public static WorkerEntry? Find(SchedulerState state, WorkerId id, string incarnation) =>
        state.WorkersById.TryGetValue(id, out var worker) && string.Equals(worker.Incarnation, incarnation, StringComparison.Ordinal)
            ? worker
            : null;

    /// <summary>The worker spoke: its lease starts again.</summary>
    public static void Hear(Turn turn, WorkerEntry worker) =>
        turn.Emit(new WorkerDeadlineSet(worker.Id, turn.Now.Monotonic + turn.Options.LeaseDuration, turn.Now.Wall));

    /// <summary>The lease of a worker ran out.</summary>
    public static void Lose(Turn turn, WorkerEntry worker)
    {
        Attempts.LoseAll(turn, worker, $"worker {worker.Id} was lost");
        var pool = worker.Pool;
        turn.Emit(new WorkerExpired(worker.Id));
        turn.Emit(new WorkerDeadlineSet(worker.Id, turn.Now.Monotonic + MemoryOf(turn, worker), HeardAt: null));
        turn.Tell(worker);
        RetryAvoiding(turn, pool);
    }

    /// <summary>
    /// How long a lost worker is remembered. One whose attempts have exclusive names keeps those from others as long, so it gets what it takes
    /// to be without them: it ends its attempts by its own clock when nothing it sent within a lease was answered, and has a time to do so.
    /// </summary>
    public static TimeSpan MemoryOf(Turn turn, WorkerEntry lost) =>
        lost.Holdings.Exists(static holding => holding.IsCharged && !holding.Exclusive.IsEmpty)
            ? turn.Options.LeaseDuration + turn.Options.KillGrace
            : turn.Options.LostWorkerMemory;

    public static void SetDrain(Turn turn, WorkerEntry worker, bool byItself, bool byOperator)
    {
        if (byItself == worker.DrainsByItself && byOperator == worker.DrainedByOperator)
        {
            return;
        }

        turn.Emit(new WorkerDrainChanged(worker.Id, byItself, byOperator));
        turn.Place(worker);
        RetryAvoiding(turn, worker.Pool);
    }

    /// <summary>Executions that avoid a worker may go back to it when no other is left.</summary>
    public static void RetryAvoiding(Turn turn, PoolEntry pool)
    {
        foreach (var queue in pool.Waiting)
        {
            if (queue.Avoid is not null)
            {
                turn.ToTry.Add(queue);
            }
        }
    }

    private static string? FindRefusal(SchedulerState state, WorkerOffer offer)
    {
        if (!state.PoolsByName.TryGetValue(offer.Pool, out var pool) || !pool.Declared)
        {
            return $"no pool '{offer.Pool}' is declared";
        }

        if (offer.Platform.FirstMissing(pool.Spec.Platform) is not { } missing)
        {
            return null;
        }

        var actual = offer.Platform.ValueOf(missing.Key) ?? "no such property";
        return $"pool '{offer.Pool}' offers {missing.Key}={missing.Value}, and the worker has {actual}";
    }
}
