using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    private void Begin(JobBegan began)
    {
        Expect(!JobsById.ContainsKey(began.Job), began, "the job began before");
        Counters = Counters with { JobsAccepted = Counters.JobsAccepted + 1 };
        var job = new JobEntry(began, Counters.JobsAccepted);
        JobsById.Add(job.Id, job);
        Adopt(job);
        UnfinishedTasks += job.Tasks.Length;
        Enter(job);
        if (job.IdempotencyKey.Length > 0)
        {
            JobsByKey.Add(job.IdempotencyKey, new KeyedJob(job.Id, job.Spec.Identity));
        }
    }

    private void Cancel(JobCancelRequested requested)
    {
        var job = JobOf(requested.Job, requested);
        job.Cancelling = true;
        job.CancelReason = requested.Reason;
    }

    private void Resolving(TaskResolving resolving)
    {
        ref var task = ref TaskOf(resolving.Task, resolving).Entry;
        Expect(task is { Step: TaskStep.Waiting, UnmetNeeds: 0 }, resolving, "the task does not wait, or its needs are not met");
        task.Step = TaskStep.Resolving;
    }

    private void Finish(TaskFinished finished)
    {
        var task = TaskOf(finished.Task, finished);
        Expect(task.Entry.Step != TaskStep.Finished, finished, "the task has finished before");
        Expect(finished.Outcome is not (Outcome.Success or Outcome.Unspecified), finished, "only an execution gives this outcome");
        var execution = task.Entry.Execution;
        if (execution is not null)
        {
            execution.RemoveWaiter(task);
            LeaveFlow(execution, task);
        }

        SetEnd(task, new TaskEnd(finished.Outcome, finished.Message, finished.At)
        {
            Execution = execution?.Id,
            Action = execution?.Action,
            Attempt = execution?.Epoch ?? 0,
            Worker = execution?.LastWorker,
            Charges = execution?.Charges ?? default,
            QueuedAt = execution?.QueuedAt,
            StartedAt = execution?.StartedAt,
        });
    }

    private void SetEnd(TaskRef task, TaskEnd end)
    {
        task.Entry.Step = TaskStep.Finished;
        task.Entry.End = end;
        UnfinishedTasks--;
        task.Job.Tallies.User.Unfinished--;
        task.Job.Tallies.Instance.Unfinished--;
        var counts = task.Job.Counts.With(end.Outcome);
        if (end.Outcome == Outcome.Success)
        {
            counts = counts with { FromCache = counts.FromCache + (end.Origin == ResultOrigin.ActionCache ? 1 : 0) };
            foreach (var dependent in task.Job.DependentsOf(task.Index))
            {
                task.Job.Tasks[dependent].UnmetNeeds--;
            }
        }

        task.Job.Counts = counts;
    }

    private void End(JobEnded ended)
    {
        var job = JobOf(ended.Job, ended);
        Expect(job.Unfinished == 0, ended, "some of its tasks have not finished");
        JobsById.Remove(job.Id);
        Disown(job);
        if (job.Deadlines is { } deadlines)
        {
            Deadlines.Clear(deadlines.Alarm);
        }

        _jobsBySequence.Remove(job.Sequence);
        LeaveLimits(job);
        Counters = Counters with { JobsFinished = Counters.JobsFinished + 1 };
        if (job.IdempotencyKey.Length == 0)
        {
            return;
        }

        _finishedKeys.Enqueue(job.IdempotencyKey);
        if (_finishedKeys.Count > RememberedKeys)
        {
            JobsByKey.Remove(_finishedKeys.Dequeue());
        }
    }

    private void SetAlarm(JobAlarmSet set)
    {
        var deadlines = JobOf(set.Job, set).Deadlines ?? throw Unfit(set, "it has no deadline");
        deadlines.Next = set.Next;
        if (set.At is { } at)
        {
            Deadlines.Set(deadlines.Alarm, at);
        }
        else
        {
            Deadlines.Clear(deadlines.Alarm);
        }
    }
}
