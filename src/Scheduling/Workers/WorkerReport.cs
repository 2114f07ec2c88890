using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Workers;

/// <summary>Takes what a worker says of itself. Saying it again changes nothing.</summary>
internal static class WorkerReport
{
    public static void Execute(Turn turn, WorkerReported report)
    {
        if (WorkerLink.Find(turn.State, report.Worker, report.Incarnation) is not { } worker)
        {
            return;
        }

        // A worker that speaks has a stream, whatever was heard of an older one: the end of that may come after the link of this.
        // If it were not taken back here, it would be answered for ever, never link again, and never get anything to do.
        if ((worker.Lost || !worker.Linked) && turn.State.PoolsByName.ContainsKey(worker.Offer.Pool))
        {
            turn.Emit(new WorkerReturned(worker.Id));
            turn.Tell(worker);
            turn.Place(worker);
        }

        if (worker.Linked)
        {
            WorkerLink.Hear(turn, worker);
        }

        WorkerLink.SetDrain(turn, worker, report.Draining, worker.DrainedByOperator);
        TakeAttempts(turn, worker, report);
        EvictionPolicy.Hear(turn, worker, report);
        if (report.AppliedRevision > worker.Revision)
        {
            // A revision that this state never gave: of a coordinator before it. It says nothing about what this one wants.
            return;
        }

        RequeueMissing(turn, worker, report);
        DropForgotten(turn, worker, report);
        EvictionPolicy.ReadmitIfClear(turn, worker, report);
    }

    private static void TakeAttempts(Turn turn, WorkerEntry worker, WorkerReported report)
    {
        foreach (var attempt in report.Attempts)
        {
            if (attempt is { Phase: AttemptPhase.Completed, Completion: { } completion })
            {
                Attempts.Complete(turn, worker, attempt.Lease, completion);
            }
        }
    }

    /// <summary>
    /// What is live here and not in a report that takes account of it is not on the worker: it drains and did not start it, or it
    /// has ended it by its own clock.
    /// </summary>
    private static void RequeueMissing(Turn turn, WorkerEntry worker, WorkerReported report)
    {
        for (var i = worker.Holdings.Count - 1; i >= 0; i--)
        {
            if (worker.Holdings[i] is { Execution: not null } holding
                && report.AppliedRevision >= holding.Since
                && !IsReported(report, holding.Lease))
            {
                Attempts.LoseMissing(turn, holding);
            }
        }
    }

    /// <summary>
    /// What ended here and is not in the report is gone from the worker, when the report is known to come after the worker heard
    /// of the end; only then is its share free. Reports overtake each other, so nothing but the revision tells: a worker that was
    /// seen with an attempt and is then heard without it may only have been heard late.
    /// </summary>
    private static void DropForgotten(Turn turn, WorkerEntry worker, WorkerReported report)
    {
        for (var i = worker.Holdings.Count - 1; i >= 0; i--)
        {
            var holding = worker.Holdings[i];
            if (holding.State == HoldingState.Live || report.AppliedRevision < holding.GoneAt || IsReported(report, holding.Lease))
            {
                continue;
            }

            turn.Emit(new HoldingDropped(worker.Id, holding.Lease));
            turn.Place(worker);
        }
    }

    private static bool IsReported(WorkerReported report, Lease lease)
    {
        foreach (var attempt in report.Attempts)
        {
            if (attempt.Lease == lease)
            {
                return true;
            }
        }

        return false;
    }
}
