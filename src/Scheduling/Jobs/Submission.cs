using BuildFarm.Scheduling.Admission;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Memory;
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

        submit = Inherit(turn, submit);
        if (FindRefusal(turn, submit) is { } refusal)
        {
            turn.Do(new SubmitRefused(submit.Correlation, refusal.Kind, refusal.Reason));
            return;
        }

        var superseded = Superseding.FindOlder(turn.State, submit.Spec);
        turn.Emit(new JobBegan(submit.Job, submit.IdempotencyKey, LearnedMemory.FillIn(turn.State, submit.Spec), turn.Now.Wall));
        var job = turn.State.JobsById[submit.Job];
        turn.Do(new SubmitAccepted(submit.Correlation, submit.Job, Joined: false));
        turn.Do(new JobAccepted(submit.Job, job.Spec, turn.Now.Wall));
        if (superseded is not null)
        {
            Superseding.Supersede(turn, superseded, job);
        }

        DeadlinePolicy.Watch(turn, job, TimeSpan.Zero);
        for (var i = 0; i < job.Tasks.Length; i++)
        {
            if (job.Tasks[i].UnmetNeeds == 0)
            {
                Resolution.Begin(turn, new TaskRef(job, i));
            }
        }
    }

    /// <summary>A child goes by its parent's claim.</summary>
    private static SubmitJob Inherit(Turn turn, SubmitJob submit) =>
        submit.Spec.Parent is { } parent && turn.State.FindLive(parent)?.Execution?.Flow is { } flow
            ? submit with { Spec = submit.Spec with { Priority = flow.Level.Priority, Submitter = flow.Job.Spec.Submitter } }
            : submit;

    private static (RefusalKind Kind, string Reason)? FindRefusal(Turn turn, SubmitJob submit)
    {
        if (turn.State.JobsById.ContainsKey(submit.Job))
        {
            return (RefusalKind.Malformed, $"there is a job {submit.Job} already");
        }

        if (submit.Spec.Parent is { } parent && turn.State.FindLive(parent) is null)
        {
            return (RefusalKind.NotFound, $"attempt {parent}, the parent of the job, does not run");
        }

        if (SpecValidator.FindFault(submit.Spec) is { } fault)
        {
            return (RefusalKind.Malformed, fault);
        }

        if (Feasibility.FindImpossible(turn.State, submit.Spec) is { } impossible)
        {
            return (RefusalKind.Impossible, impossible);
        }

        return QueueLimits.FindFull(turn, submit.Spec, Superseding.FindOlder(turn.State, submit.Spec)) is { } full
            ? (RefusalKind.QueueFull, full)
            : null;
    }
}
