namespace BuildFarm.Scheduling.Events;

/// <summary>A worker no longer has an attempt that ended or was revoked; what it held is free.</summary>
public sealed record HoldingDropped(WorkerId Worker, Lease Lease) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.HoldingDropped;

    /// <inheritdoc />
    public override bool MayWait => true;
}
