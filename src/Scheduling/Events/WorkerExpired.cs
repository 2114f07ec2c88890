namespace BuildFarm.Scheduling.Events;

/// <summary>The lease of a worker ran out. Its attempts have been requeued by events before this one.</summary>
public sealed record WorkerExpired(WorkerId Worker) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerExpired;
}
