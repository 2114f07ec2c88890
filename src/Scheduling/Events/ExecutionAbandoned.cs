namespace BuildFarm.Scheduling.Events;

/// <summary>Nobody waits for an execution any more; a live attempt of it is to be ended.</summary>
public sealed record ExecutionAbandoned(ExecutionId Execution) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ExecutionAbandoned;
}
