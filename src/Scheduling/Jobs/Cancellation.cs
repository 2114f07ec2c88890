using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Ends tasks because somebody asked. Waits for no worker: a task is cancelled at once, its share comes back later.</summary>
internal static class Cancellation
{
    public static void Execute(Turn turn, CancelJob cancel)
    {
        if (!turn.State.JobsById.TryGetValue(cancel.Job, out var job))
        {
            turn.Do(new CancelAnswered(cancel.Correlation, cancel.Job, Found: false, Cancelled: 0));
            return;
        }

        var cancelled = Cancel(turn, job, cancel.Reason);
        turn.Do(new CancelAnswered(cancel.Correlation, cancel.Job, Found: true, cancelled));
    }

    /// <summary>Ends a job; says how many tasks ended by it.</summary>
    public static int Cancel(Turn turn, JobEntry job, string reason)
    {
        turn.Emit(new JobCancelRequested(job.Id, reason));
        turn.Do(new JobCancelling(job.Id, reason));
        return CancelRest(turn, job, reason);
    }

    public static void Execute(Turn turn, CancelTasks cancel)
    {
        if (!turn.State.JobsById.TryGetValue(cancel.Job, out var job))
        {
            turn.Do(new CancelAnswered(cancel.Correlation, cancel.Job, Found: false, Cancelled: 0));
            return;
        }

        var before = job.Counts.Cancelled;
        foreach (var index in cancel.Indices)
        {
            if ((uint)index < (uint)job.Tasks.Length)
            {
                TryCancel(turn, new TaskRef(job, index), cancel.Reason);
            }
        }

        Settlement.Run(turn);
        turn.Do(new CancelAnswered(cancel.Correlation, cancel.Job, Found: true, job.Counts.Cancelled - before));
    }

    /// <summary>Cancels every task that has not finished; says how many that were.</summary>
    public static int CancelRest(Turn turn, JobEntry job, string reason)
    {
        var cancelled = 0;
        for (var i = 0; i < job.Tasks.Length; i++)
        {
            cancelled += TryCancel(turn, new TaskRef(job, i), reason);
        }

        return cancelled;
    }

    private static int TryCancel(Turn turn, TaskRef task, string reason)
    {
        if (task.Entry.Step == TaskStep.Finished)
        {
            return 0;
        }

        Settlement.Finish(turn, task, Outcome.Cancelled, reason.Length == 0 ? "cancelled" : $"cancelled: {reason}");
        return 1;
    }
}
