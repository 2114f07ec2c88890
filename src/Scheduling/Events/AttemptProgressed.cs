namespace BuildFarm.Scheduling.Events;

/// <summary>A worker said for the first time that it has an attempt, or that it went on.</summary>
public sealed record AttemptProgressed(WorkerId Worker, Lease Lease, AttemptPhase Phase) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.AttemptProgressed;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
