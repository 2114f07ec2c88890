namespace BuildFarm.Scheduling.Events;

/// <summary>When it is seen whether the child of a wait runs.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
/// <param name="At">On the monotonic clock.</param>
public sealed record WaitAlarmSet(Lease Parent, long Wait, TimeSpan At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WaitAlarmSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
