namespace BuildFarm.Scheduling.Events;

/// <summary>
/// A task was resolved to an action that nothing in flight has; the task is its first waiter. A cacheable one is being looked up.
/// </summary>
public sealed record ExecutionCreated(ExecutionId Execution, ActionId Action, TaskId Task, bool Cacheable) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ExecutionCreated;

    /// <summary>What it shares with others.</summary>
    public LocalityKeys Locality { get; init; }
}
