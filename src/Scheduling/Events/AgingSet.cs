namespace BuildFarm.Scheduling.Events;

/// <summary>When what waits at one shape and priority is looked at for its age.</summary>
/// <param name="Execution">Any that waits there.</param>
/// <param name="At">On the monotonic clock.</param>
public sealed record AgingSet(ExecutionId Execution, TimeSpan At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.AgingSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
