using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Admission;

/// <summary>
/// Whether there is room for a job's tasks: in the farm, for its user and in its instance. A user's own limit keeps one who submits
/// without end from filling the queue for all. The tasks of a job that the new one supersedes make room for it.
/// </summary>
internal static class QueueLimits
{
    /// <summary>Which limit the job would pass, in one line; null when there is room.</summary>
    public static string? FindFull(Turn turn, JobSpec spec, JobEntry? superseded)
    {
        var (state, options) = (turn.State, turn.Options);
        var (more, leaving) = (spec.Tasks.Length, superseded?.Unfinished ?? 0);
        var sameUser = superseded is not null && string.Equals(superseded.Spec.User, spec.User, StringComparison.Ordinal);
        var sameInstance = superseded is not null && string.Equals(superseded.Spec.Instance, spec.Instance, StringComparison.Ordinal);
        return Full("the queue", state.UnfinishedTasks - leaving, more, options.MaxUnfinishedTasks)
            ?? Full($"the queue of user '{spec.User}'", state.UserTasks.Of(spec.User) - (sameUser ? leaving : 0), more, options.MaxUnfinishedTasksPerUser)
            ?? Full(
                $"the queue of instance '{spec.Instance}'",
                state.InstanceTasks.Of(spec.Instance) - (sameInstance ? leaving : 0),
                more,
                options.MaxUnfinishedTasksPerInstance);
    }

    private static string? Full(string whose, long unfinished, int more, int limit) => limit == 0 || unfinished + more <= limit
        ? null
        : $"{whose} is full: {unfinished} tasks wait or run, and {more} more would pass the limit of {limit}; try again later";
}
