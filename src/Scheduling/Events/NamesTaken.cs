namespace BuildFarm.Scheduling.Events;

/// <summary>An execution has all its exclusive names from now on, and waits for a worker.</summary>
/// <param name="Execution">Which.</param>
public sealed record NamesTaken(ExecutionId Execution) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.NamesTaken;
}
