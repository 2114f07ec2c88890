namespace BuildFarm.Scheduling.Events;

/// <summary>When it is seen whether a running execution takes too long.</summary>
/// <param name="Execution">Which.</param>
/// <param name="At">On the monotonic clock.</param>
public sealed record StragglerAlarmSet(ExecutionId Execution, TimeSpan At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.StragglerAlarmSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
