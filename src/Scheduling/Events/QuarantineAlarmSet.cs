namespace BuildFarm.Scheduling.Events;

/// <summary>When the quarantine of a worker ends.</summary>
/// <param name="Worker">Which.</param>
/// <param name="At">On the monotonic clock.</param>
public sealed record QuarantineAlarmSet(WorkerId Worker, TimeSpan At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.QuarantineAlarmSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
