using BuildFarm.Scheduling;
using BuildFarm.V1;
using Outcome = BuildFarm.V1.Outcome;
using ResultOrigin = BuildFarm.V1.ResultOrigin;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Counts the outcomes of a job while it runs, one change at a time. Not safe for several threads.</summary>
internal sealed class JobTally(int submitted)
{
    private JobSummary _summary = new() { Submitted = submitted };

    public JobSummary ToSummary() => _summary.Clone();

    /// <summary>A task's snapshot gave way to a newer one.</summary>
    /// <param name="old">Null while it had made no attempt.</param>
    /// <param name="new">As it is now.</param>
    public void Replace(Task? old, Task @new)
    {
        // A task that was merged into another's execution starts no container of its own.
        var attempts = @new.Attempt - (old?.Attempt ?? 0);
        if (attempts > 0 && @new.Origin != ResultOrigin.Merged)
        {
            _summary.Attempts += attempts;
        }

        if (@new.State == TaskState.Finished && old?.State != TaskState.Finished)
        {
            Count(@new);
        }
    }

    /// <summary>Takes over the scheduler's own counts.</summary>
    public void Set(JobCounts counts) => _summary = new JobSummary
    {
        Submitted = counts.Submitted,
        Succeeded = counts.Succeeded,
        Failed = counts.Failed,
        TimedOut = counts.TimedOut,
        OutOfMemory = counts.OutOfMemory,
        ResourceLimited = counts.ResourceLimited,
        Cancelled = counts.Cancelled,
        Infrastructure = counts.Infrastructure,
        FromCache = counts.FromCache,
        Attempts = counts.Attempts,
    };

    private void Count(Task task)
    {
        switch (task.Outcome)
        {
            case Outcome.Success:
                _summary.Succeeded++;
                _summary.FromCache += task.Origin == ResultOrigin.ActionCache ? 1 : 0;
                break;
            case Outcome.Failure:
                _summary.Failed++;
                break;
            case Outcome.Timeout:
                _summary.TimedOut++;
                break;
            case Outcome.OutOfMemory:
                _summary.OutOfMemory++;
                break;
            case Outcome.ResourceLimit:
                _summary.ResourceLimited++;
                break;
            case Outcome.Cancelled:
                _summary.Cancelled++;
                break;
            default:
                _summary.Infrastructure++;
                break;
        }
    }
}
