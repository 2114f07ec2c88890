using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>
/// Ends what has not finished in time. Deadlines count from the moment the job was accepted; while a coordinator lives they are
/// kept on its monotonic clock, and only one that comes back reads the wall clock, to know how long it was away.
/// </summary>
internal static class DeadlinePolicy
{
    /// <summary>Sets the alarm of a job that was accepted so long ago.</summary>
    public static void Watch(Turn turn, JobEntry job, TimeSpan ago)
    {
        if (job.Deadlines is { } deadlines)
        {
            var since = ago > TimeSpan.Zero ? ago : TimeSpan.Zero;
            turn.Emit(new JobAlarmSet(job.Id, 0, turn.Now.Monotonic + deadlines[0].After - since));
        }
    }

    /// <summary>The alarm of a job rings: everything that is due with it ends.</summary>
    public static void Ring(Turn turn, JobDeadlines deadlines)
    {
        var (job, next) = (deadlines.Job, deadlines.Next);
        var (after, rangAt) = (deadlines[next].After, deadlines.Alarm.At);
        for (; next < deadlines.Count && deadlines[next].After == after; next++)
        {
            End(turn, job, deadlines[next].Task, after);
        }

        var left = next < deadlines.Count && job.Unfinished > 0;
        turn.Emit(new JobAlarmSet(job.Id, next, left ? rangAt + (deadlines[next].After - after) : null));
    }

    private static void End(Turn turn, JobEntry job, int index, TimeSpan after)
    {
        if (index != JobDeadlines.WholeJob)
        {
            End(turn, new TaskRef(job, index), $"it had to finish within {Amounts.Time(after)} of the submit");
            return;
        }

        for (var i = 0; i < job.Tasks.Length; i++)
        {
            End(turn, new TaskRef(job, i), $"the job had to finish within {Amounts.Time(after)} of the submit");
        }
    }

    private static void End(Turn turn, TaskRef task, string message)
    {
        if (task.Entry.Step != TaskStep.Finished)
        {
            Settlement.Finish(turn, task, Outcome.Timeout, message);
        }
    }
}
