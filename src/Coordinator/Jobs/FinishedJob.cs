using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>What is remembered of a job that has left the scheduler.</summary>
/// <param name="Job">With its tasks, as it ended.</param>
/// <param name="Events">What a watcher that comes now is sent: at least the first, the last, and every task's final state.</param>
public sealed record FinishedJob(Job Job, IReadOnlyList<JobEvent> Events)
{
    public DateTimeOffset SubmittedAt => Job.SubmittedAt.ToDateTimeOffset();

    /// <summary>The job without its tasks, for lists.</summary>
    public Job ToHeader()
    {
        var header = new Job(Job);
        header.Tasks.Clear();
        return header;
    }
}
