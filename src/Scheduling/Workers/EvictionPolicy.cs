using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Workers;

/// <summary>
/// Takes a worker out of service that is heard and does not get on: an attempt stands still, or one that it was told to end does not
/// end. What it ran runs elsewhere. Its shares stay taken, because it may still be using them, until it says that it has ended
/// everything or another process takes its place; then it is in service again.
/// </summary>
internal static class EvictionPolicy
{
    /// <summary>Why a worker that nobody knew any more, and that still runs what it was given before, gets nothing yet.</summary>
    public const string UnknownAttempts = "it has attempts that this farm does not know";

    /// <summary>Takes what a report says of progress. Only news counts: a report that was overtaken is no progress.</summary>
    public static void Hear(Turn turn, WorkerEntry worker, WorkerReported report)
    {
        foreach (var attempt in report.Attempts)
        {
            if (attempt.Progress > 0 && worker.Find(attempt.Lease) is { State: HoldingState.Live } holding && attempt.Progress > holding.Progress)
            {
                turn.Emit(new HoldingWatched(worker.Id, holding.Lease, attempt.Progress, turn.Now.Monotonic + turn.Options.ProgressTimeout));
            }
        }
    }

    /// <summary>The last stage of a command: what a linked worker is told to end gets a time for it.</summary>
    public static void WatchEndings(Turn turn)
    {
        foreach (var worker in turn.ToTell)
        {
            if (worker is { Linked: true, Lost: false, Evicted.Length: 0 })
            {
                WatchEndings(turn, worker);
            }
        }
    }

    /// <summary>The time of an attempt is up.</summary>
    public static void Look(Turn turn, Holding holding)
    {
        var worker = holding.Worker;
        if (worker is { Linked: true, Lost: false })
        {
            Evict(turn, worker, ReasonFor(turn, holding));
            return;
        }

        // It could not be heard; its lease decides. When it is back, it gets the time again.
        var live = holding.State == HoldingState.Live;
        turn.Emit(new HoldingWatched(worker.Id, holding.Lease, holding.Progress, live ? turn.Now.Monotonic + turn.Options.ProgressTimeout : null));
    }

    /// <summary>Nobody could be heard for a while: every worker gets its time again.</summary>
    public static void Renew(Turn turn, WorkerEntry worker)
    {
        foreach (var holding in worker.Holdings)
        {
            if (holding.IsWatched)
            {
                turn.Emit(new HoldingWatched(worker.Id, holding.Lease, holding.Progress, turn.Now.Monotonic + TimeFor(turn, holding)));
            }
        }
    }

    /// <summary>An evicted worker that has nothing left to end is in service again.</summary>
    public static void ReadmitIfClear(Turn turn, WorkerEntry worker, WorkerReported report)
    {
        if (worker.Evicted.Length == 0
            || worker.Holdings.Exists(static holding => holding.State == HoldingState.Ending)
            || HasUnknown(worker, report))
        {
            return;
        }

        turn.Emit(new WorkerReadmitted(worker.Id));
        turn.Tell(worker);
        turn.Place(worker);
        WorkerLink.RetryAvoiding(turn, worker.Pool);
    }

    private static void Evict(Turn turn, WorkerEntry worker, string reason)
    {
        // What hangs a worker is not known; no task is accused.
        var cause = worker.IsDraining ? RequeueCause.Evicted : RequeueCause.WorkerAway;
        Attempts.LoseAll(turn, worker, $"worker {worker.Id} was evicted: {reason}", cause);
        turn.Emit(new WorkerEvicted(worker.Id, reason));
        turn.Tell(worker);
        WorkerLink.RetryAvoiding(turn, worker.Pool);
    }

    private static void WatchEndings(Turn turn, WorkerEntry worker)
    {
        foreach (var holding in worker.Holdings)
        {
            if (holding is { State: HoldingState.Ending, IsWatched: false })
            {
                turn.Emit(new HoldingWatched(worker.Id, holding.Lease, holding.Progress, turn.Now.Monotonic + turn.Options.KillGrace));
            }
        }
    }

    private static bool HasUnknown(WorkerEntry worker, WorkerReported report)
    {
        foreach (var attempt in report.Attempts)
        {
            if (attempt.Phase != AttemptPhase.Completed && worker.Find(attempt.Lease) is null)
            {
                return true;
            }
        }

        return false;
    }

    private static TimeSpan TimeFor(Turn turn, Holding holding) =>
        holding.State == HoldingState.Live ? turn.Options.ProgressTimeout : turn.Options.KillGrace;

    private static string ReasonFor(Turn turn, Holding holding) => holding.State == HoldingState.Live
        ? $"{holding.Lease} has not got on for {Amounts.Time(turn.Options.ProgressTimeout)}"
        : $"{holding.Lease} was to end and has not for {Amounts.Time(turn.Options.KillGrace)}";
}
