using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;
using BuildFarm.Scheduling.Views;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Ends tasks, and carries what follows from it: dependents go on or are cancelled, jobs end.</summary>
internal static class Settlement
{
    /// <summary>The one accepted end of an execution.</summary>
    public static void Finish(Turn turn, ExecutionEntry execution, CompletionReport report, ResultOrigin origin, long epoch = 0)
    {
        foreach (var task in execution.Waiters)
        {
            turn.Settling.Enqueue(task);
        }

        turn.Emit(new ExecutionFinished(
            execution.Id, origin, report.Outcome, report.ExitCode, report.Result, report.Message, report.Usage, turn.Now.Wall) { Epoch = epoch });
    }

    /// <summary>A task ends by itself. An execution that nobody else waits for ends with it.</summary>
    public static void Finish(Turn turn, TaskRef task, Outcome outcome, string message)
    {
        var execution = task.Entry.Execution;
        turn.Emit(new TaskFinished(task.Id, outcome, message, turn.Now.Wall));
        turn.Settling.Enqueue(task);
        if (execution is { WaiterCount: 0 })
        {
            Abandon(turn, execution);
        }
        else if (execution is not null)
        {
            turn.Moved(execution);
        }
    }

    public static void Abandon(Turn turn, ExecutionEntry execution)
    {
        var (worker, copied) = (execution.Worker, execution.Copy?.Worker);
        var keptFree = execution.ReservedOn;
        turn.Emit(new ExecutionAbandoned(execution.Id));
        if (worker is not null)
        {
            turn.Tell(worker);
        }

        if (copied is not null)
        {
            turn.Tell(copied);
        }

        if (keptFree is not null)
        {
            turn.Place(keptFree);
        }
    }

    /// <summary>Works until nothing more follows. A job ends after the last of its tasks was told of.</summary>
    public static void Run(Turn turn)
    {
        HashSet<JobEntry>? ended = null;
        while (turn.Settling.TryDequeue(out var task))
        {
            turn.Changed(task);
            if (task.Entry.End!.Outcome == Outcome.Success)
            {
                GoOn(turn, task);
            }
            else
            {
                Stop(turn, task);
            }

            if (task.Job.Unfinished == 0)
            {
                ended ??= [];
                ended.Add(task.Job);
            }
        }

        if (ended is not null)
        {
            foreach (var job in ended)
            {
                EndJob(turn, job);
            }
        }
    }

    public static void EndJob(Turn turn, JobEntry job)
    {
        ParentPolicy.Finished(turn, job);
        turn.Emit(new JobEnded(job.Id, turn.Now.Wall));
        turn.Do(new JobFinished(JobViews.Of(job, withTasks: false) with { FinishedAt = turn.Now.Wall }));
    }

    private static void GoOn(Turn turn, TaskRef task)
    {
        foreach (var dependent in task.Job.DependentsOf(task.Index))
        {
            if (task.Job.Tasks[dependent] is { Step: TaskStep.Waiting, UnmetNeeds: 0 })
            {
                Resolution.Begin(turn, new TaskRef(task.Job, dependent));
            }
        }
    }

    private static void Stop(Turn turn, TaskRef task)
    {
        var outcome = task.Entry.End!.Outcome;
        foreach (var dependent in task.Job.DependentsOf(task.Index))
        {
            var waiting = new TaskRef(task.Job, dependent);
            if (waiting.Entry.Step != TaskStep.Finished)
            {
                Finish(turn, waiting, Outcome.Cancelled, MessageFor(task, outcome));
            }
        }

        if (task.Job.Spec.FailFast && outcome != Outcome.Cancelled && task.Job.Unfinished > 0)
        {
            StopWhatHasNotStarted(turn, task);
        }
    }

    public static string MessageFor(TaskRef need, Outcome outcome) =>
        $"needs {need.Spec.Name}, which {(outcome == Outcome.Cancelled ? "was cancelled" : "failed")}";

    private static void StopWhatHasNotStarted(Turn turn, TaskRef failed)
    {
        var message = $"the job stops at its first failure: {failed.Spec.Name} failed";
        for (var i = 0; i < failed.Job.Tasks.Length; i++)
        {
            var task = new TaskRef(failed.Job, i);
            var started = task.Entry.Execution is { Phase: ExecutionPhase.Running };
            if (task.Entry.Step != TaskStep.Finished && !started)
            {
                Finish(turn, task, Outcome.Cancelled, message);
            }
        }
    }
}
