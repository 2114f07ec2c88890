namespace BuildFarm.Scheduling.Events;

/// <summary>The stream of a worker broke.</summary>
public sealed record WorkerDisconnected(WorkerId Worker) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerDisconnected;
}
