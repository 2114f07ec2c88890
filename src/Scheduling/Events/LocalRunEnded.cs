namespace BuildFarm.Scheduling.Events;

/// <summary>A parent has done itself what its child did not.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
public sealed record LocalRunEnded(Lease Parent, long Wait) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.LocalRunEnded;
}
