using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>An unfinished job in a snapshot.</summary>
/// <param name="Job">Which.</param>
/// <param name="IdempotencyKey">Empty, or as submitted.</param>
/// <param name="Spec">As submitted.</param>
/// <param name="At">When it was accepted.</param>
/// <param name="Sequence">Older jobs have smaller ones.</param>
public sealed record JobRestored(JobId Job, string IdempotencyKey, JobSpec Spec, DateTimeOffset At, long Sequence) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.JobRestored;

    /// <summary>Its end was asked for.</summary>
    public bool Cancelling { get; init; }

    /// <summary>Why; empty when it was not asked for, or nobody said.</summary>
    public string CancelReason { get; init; } = "";

    /// <summary>How its tasks ended so far.</summary>
    public JobCounts Counts { get; init; }

    /// <summary>Its places in fair share.</summary>
    public ImmutableArray<RestoredFlow> Flows { get; init; } = [];

    /// <summary>In the order of the spec.</summary>
    public ImmutableArray<RestoredTask> Tasks { get; init; } = [];

    /// <summary>How many come in events of their own; the spec has no task then. Zero: all are here.</summary>
    public int TasksToFollow { get; init; }
}
