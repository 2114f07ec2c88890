using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>The first event of a snapshot: what the state knows beside its pools, workers, jobs and executions.</summary>
/// <param name="Counters">What happened so far.</param>
/// <param name="LastExecution">Number of the newest execution.</param>
/// <param name="RevisionFloor">The highest revision that a forgotten worker reached.</param>
/// <param name="Keys">What idempotency keys stand for.</param>
/// <param name="FinishedKeys">Those that outlive their jobs, oldest first.</param>
public sealed record StateRestored(
    SchedulerCounters Counters,
    long LastExecution,
    long RevisionFloor,
    ImmutableArray<RestoredKey> Keys,
    ImmutableArray<string> FinishedKeys) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.StateRestored;

    /// <summary>By priority.</summary>
    public ImmutableArray<RestoredLevel> Levels { get; init; } = [];
}
