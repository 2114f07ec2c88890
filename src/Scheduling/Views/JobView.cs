using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>A job as it was at one moment.</summary>
/// <param name="Id">Which.</param>
/// <param name="Spec">As submitted.</param>
/// <param name="SubmittedAt">By the wall clock.</param>
/// <param name="FinishedAt">By the wall clock; null while it goes on.</param>
/// <param name="Cancelling">Whether its end was asked for.</param>
/// <param name="Counts">How its tasks ended.</param>
/// <param name="Tasks">In the order of the spec; empty when not asked for.</param>
public sealed record JobView(
    JobId Id,
    JobSpec Spec,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? FinishedAt,
    bool Cancelling,
    JobCounts Counts,
    ImmutableArray<TaskView> Tasks)
{
    /// <summary>Why its end was asked for; empty when it was not, or nobody said.</summary>
    public string CancelReason { get; init; } = "";
}
