namespace BuildFarm.Scheduling.Events;

/// <summary>A worker takes nothing else until an often overtaken execution fits on it.</summary>
public sealed record WorkerReserved(WorkerId Worker, ExecutionId Execution) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerReserved;
}
