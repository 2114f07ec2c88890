namespace BuildFarm.Scheduling.Events;

/// <summary>An execution waits for a worker for the first time.</summary>
public sealed record ExecutionQueued(ExecutionId Execution, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ExecutionQueued;
}
