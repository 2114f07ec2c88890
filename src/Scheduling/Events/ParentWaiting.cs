namespace BuildFarm.Scheduling.Events;

/// <summary>A running attempt waits for a child and lends its CPU to children.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
/// <param name="Child">The job.</param>
/// <param name="CpuMillis">What it lends for this wait.</param>
/// <param name="Bound">How long nothing of the child may run.</param>
public sealed record ParentWaiting(Lease Parent, long Wait, JobId Child, long CpuMillis, TimeSpan Bound) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ParentWaiting;
}
