namespace BuildFarm.Scheduling.Events;

/// <summary>An evicted worker has ended all that it was told to end, and takes attempts again.</summary>
public sealed record WorkerReadmitted(WorkerId Worker) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerReadmitted;
}
