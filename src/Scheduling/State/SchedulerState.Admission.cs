using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

/// <content>What decides whether, and in whose place, a job is taken in.</content>
public sealed partial class SchedulerState
{
    /// <summary>Unfinished tasks by user.</summary>
    internal TaskTallies UserTasks { get; } = new();

    /// <summary>Unfinished tasks by instance.</summary>
    internal TaskTallies InstanceTasks { get; } = new();

    /// <summary>The newest unfinished job of each supersede key.</summary>
    internal Dictionary<string, JobEntry> NewestByKey { get; } = new(StringComparer.Ordinal);

    private void Enter(JobEntry job)
    {
        job.Tallies = (UserTasks.Enter(job.Spec.User, job.Unfinished), InstanceTasks.Enter(job.Spec.Instance, job.Unfinished));
        var key = job.Spec.SupersedeKey;

        // A snapshot brings jobs in any order.
        if (key.Length > 0 && (!NewestByKey.TryGetValue(key, out var newest) || newest.Sequence < job.Sequence))
        {
            NewestByKey[key] = job;
        }
    }

    private void LeaveLimits(JobEntry job)
    {
        UserTasks.Leave(job.Spec.User);
        InstanceTasks.Leave(job.Spec.Instance);
        if (NewestByKey.TryGetValue(job.Spec.SupersedeKey, out var newest) && ReferenceEquals(newest, job))
        {
            NewestByKey.Remove(job.Spec.SupersedeKey);
        }
    }
}
