namespace BuildFarm.Scheduling.Events;

/// <summary>Nothing of one shape and priority started for a step of time: it counts as of a higher priority until something does.</summary>
/// <param name="Execution">Any that waits there.</param>
public sealed record BandAged(ExecutionId Execution) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.BandAged;
}
