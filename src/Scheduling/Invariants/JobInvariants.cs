using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>
/// Tasks are where their job's counts and their needs say; no finished job stays; every bound task waits in its execution.
/// </summary>
internal static class JobInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        var unfinished = 0;
        foreach (var job in state.JobsById.Values)
        {
            unfinished += Check(job, state, faults);
        }

        faults.Require(
            unfinished == state.UnfinishedTasks,
            $"{unfinished} tasks have not finished, and {state.UnfinishedTasks} are counted");
    }

    private static int Check(JobEntry job, SchedulerState state, List<string> faults)
    {
        var unfinished = 0;
        var counts = new JobCounts { Submitted = job.Tasks.Length };
        for (var i = 0; i < job.Tasks.Length; i++)
        {
            var task = new TaskRef(job, i);
            unfinished += task.Entry.Step == TaskStep.Finished ? 0 : 1;
            Check(task, state, faults);
            if (task.Entry.End is { } end)
            {
                counts = counts.With(end.Outcome);
                var hit = end is { Origin: ResultOrigin.ActionCache, Outcome: Outcome.Success };
                counts = counts with { FromCache = counts.FromCache + (hit ? 1 : 0) };
            }
        }

        faults.Require(unfinished > 0, $"job {job.Id} has finished and is still here");
        faults.Require(
            counts with { Attempts = job.Counts.Attempts } == job.Counts,
            $"job {job.Id} counts {job.Counts}, its tasks say {counts}");
        return unfinished;
    }

    private static void Check(TaskRef task, SchedulerState state, List<string> faults)
    {
        var (unmet, failed) = (0, false);
        foreach (var need in task.Spec.Needs)
        {
            var end = task.Job.Tasks[need].End;
            unmet += end is { Outcome: Outcome.Success } ? 0 : 1;
            failed |= end is { Outcome: not Outcome.Success };
        }

        ref var entry = ref task.Entry;
        faults.Require(entry.UnmetNeeds == unmet, $"task {task.Id} counts {entry.UnmetNeeds} unmet needs, and has {unmet}");
        faults.Require(entry.Step == TaskStep.Finished == entry.End is not null, $"task {task.Id} is {entry.Step} with end {entry.End}");
        faults.Require(
            entry.Step == TaskStep.Bound == entry.Execution is not null,
            $"task {task.Id} is {entry.Step} with {entry.Execution?.Id}");
        switch (entry.Step)
        {
            case TaskStep.Waiting:
                faults.Require(unmet > 0, $"task {task.Id} waits for nothing");
                faults.Require(!failed, $"task {task.Id} waits though a need failed");
                break;
            case TaskStep.Resolving or TaskStep.Bound:
                faults.Require(unmet == 0, $"task {task.Id} goes on without its needs");
                break;
            case TaskStep.Finished:
                faults.Require(
                    entry.End?.Outcome is > Outcome.Unspecified and <= Outcome.Infrastructure,
                    $"task {task.Id} finished without an outcome");
                break;
        }

        if (entry.Execution is { } execution)
        {
            faults.Require(
                state.Executions.TryGetValue(execution.Id, out var known) && ReferenceEquals(known, execution),
                $"task {task.Id} waits for {execution.Id}, which is gone");
        }
    }
}
