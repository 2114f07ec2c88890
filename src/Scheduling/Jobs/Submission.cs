using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Takes a job in, or says why not.</summary>
internal static class Submission
{
    public static void Execute(Turn turn, SubmitJob submit)
    {
        if (submit.IdempotencyKey.Length > 0 && turn.State.JobsByKey.TryGetValue(submit.IdempotencyKey, out var older))
        {
            turn.Do(older.Identity == submit.Spec.Identity
                ? new SubmitAccepted(submit.Correlation, older.Job, Joined: true)
                : new SubmitRefused(submit.Correlation, RefusalKind.KeyReused, $"the idempotency key '{submit.IdempotencyKey}' belongs to job {older.Job}, which is of another request; choose another key"));
            return;
        }

        if (FindRefusal(turn, submit) is { } refusal)
        {
            turn.Do(new SubmitRefused(submit.Correlation, refusal.Kind, refusal.Reason));
            return;
        }

        turn.Emit(new JobBegan(submit.Job, submit.IdempotencyKey, submit.Spec, turn.Now.Wall));
        turn.Do(new SubmitAccepted(submit.Correlation, submit.Job, Joined: false));
        turn.Do(new JobAccepted(submit.Job, submit.Spec, turn.Now.Wall));
        var job = turn.State.JobsById[submit.Job];
        DeadlinePolicy.Watch(turn, job, TimeSpan.Zero);
        for (var i = 0; i < job.Tasks.Length; i++)
        {
            if (job.Tasks[i].UnmetNeeds == 0)
            {
                Resolution.Begin(turn, new TaskRef(job, i));
            }
        }
    }

    private static (RefusalKind Kind, string Reason)? FindRefusal(Turn turn, SubmitJob submit)
    {
        if (turn.State.JobsById.ContainsKey(submit.Job))
        {
            return (RefusalKind.Malformed, $"there is a job {submit.Job} already");
        }

        if (SpecValidator.FindFault(submit.Spec) is { } fault)
        {
            return (RefusalKind.Malformed, fault);
        }

        if (Feasibility.FindImpossible(turn.State, submit.Spec) is { } impossible)
        {
            return (RefusalKind.Impossible, impossible);
        }

        var (unfinished, more) = (turn.State.UnfinishedTasks, submit.Spec.Tasks.Length);
        var limit = turn.Options.MaxUnfinishedTasks;
        if (unfinished + (long)more <= limit)
        {
            return null;
        }

        var reason = $"the queue is full: {unfinished} tasks wait or run, and {more} more would pass the limit of {limit}; try again later";
        return (RefusalKind.QueueFull, reason);
    }
}
