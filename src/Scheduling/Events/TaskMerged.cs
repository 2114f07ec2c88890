namespace BuildFarm.Scheduling.Events;

/// <summary>A task was resolved to an action that is in flight and waits for that execution.</summary>
public sealed record TaskMerged(TaskId Task, ExecutionId Execution) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.TaskMerged;
}
