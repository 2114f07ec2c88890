namespace BuildFarm.Scheduling.Events;

/// <summary>The needs of a task have succeeded; its action is being made.</summary>
public sealed record TaskResolving(TaskId Task) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.TaskResolving;
}
