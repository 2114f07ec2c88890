namespace BuildFarm.Scheduling.Events;

/// <summary>A lost worker leaves the state.</summary>
public sealed record WorkerForgotten(WorkerId Worker) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerForgotten;
}
