namespace BuildFarm.Scheduling.Events;

/// <summary>A parent has back what it lent for a wait.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
public sealed record ParentResumed(Lease Parent, long Wait) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ParentResumed;
}
