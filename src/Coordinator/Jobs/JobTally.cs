using BuildFarm.Scheduling;
using BuildFarm.V1;
using Outcome = BuildFarm.V1.Outcome;
using ResultOrigin = BuildFarm.V1.ResultOrigin;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Counts the outcomes of a job while it runs, one change at a time. Not safe for several threads.</summary>
internal sealed class JobTally(int submitted)
{
    private readonly (int Attempt, bool Finished)[] _seen = new (int Attempt, bool Finished)[submitted];
    private JobSummary _summary = new() { Submitted = submitted };

    public JobSummary ToSummary() => _summary.Clone();

    /// <summary>The task at <paramref name="index"/> in the job's spec went on.</summary>
    public void Change(int index, Task snapshot)
    {
        ref var seen = ref _seen[index];
        // A task that was merged into another's execution starts no container of its own.
        if (snapshot.Attempt > seen.Attempt && snapshot.Origin != ResultOrigin.Merged)
        {
            _summary.Attempts += snapshot.Attempt - seen.Attempt;
        }

        if (snapshot.State == TaskState.Finished && !seen.Finished)
        {
            Count(snapshot);
        }

        seen = (snapshot.Attempt, snapshot.State == TaskState.Finished);
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
