namespace BuildFarm.Scheduling.Events;

/// <summary>The same incarnation of a worker is linked again, with what it held.</summary>
public sealed record WorkerReturned(WorkerId Worker) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerReturned;
}
