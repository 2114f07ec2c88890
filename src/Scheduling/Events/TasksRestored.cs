using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>
/// Tasks of a job in a snapshot, after a <see cref="JobRestored"/> that announces them. A large job comes in parts, so that no event
/// of a snapshot is large; the job is there when the last part is.
/// </summary>
/// <param name="Job">Which.</param>
/// <param name="First">Place of the first of them in the job's spec.</param>
/// <param name="Specs">As submitted.</param>
/// <param name="Tasks">Where they are, in the same order.</param>
public sealed record TasksRestored(JobId Job, int First, ImmutableArray<TaskSpec> Specs, ImmutableArray<RestoredTask> Tasks) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.TasksRestored;
}
