using BuildFarm.Coordinator.Jobs;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.History;

/// <summary>What is remembered of a job that has left the scheduler.</summary>
/// <param name="Job">With its tasks, as it ended.</param>
/// <param name="Events">What a watcher that comes now is sent: at least the first, the last, and every task's final state.</param>
public sealed record FinishedJob(Job Job, IReadOnlyList<JobEvent> Events)
{
    /// <summary>Its id.</summary>
    public string Id => Job.JobId;

    /// <summary>Its place in lists.</summary>
    public JobListPosition Position => new(Job.SubmittedAt.ToDateTimeOffset(), Job.JobId);

    /// <summary>When its last task had finished.</summary>
    public DateTimeOffset FinishedAt => Job.FinishedAt.ToDateTimeOffset();

    /// <summary>The job without its tasks, for lists.</summary>
    public Job ToHeader()
    {
        var header = new Job(Job);
        header.Tasks.Clear();
        return header;
    }
}
