namespace BuildFarm.Scheduling.Events;

/// <summary>When a worker is evicted unless it gets on with an attempt, or, told to end it, has ended it.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Lease">Of the attempt.</param>
/// <param name="Progress">The furthest that the worker has told.</param>
/// <param name="At">On the scheduler's monotonic clock; null for never.</param>
public sealed record HoldingWatched(WorkerId Worker, Lease Lease, long Progress, TimeSpan? At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.HoldingWatched;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
