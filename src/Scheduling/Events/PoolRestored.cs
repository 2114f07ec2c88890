namespace BuildFarm.Scheduling.Events;

/// <summary>A pool in a snapshot.</summary>
/// <param name="Pool">As declared last.</param>
/// <param name="Declared">False for one that is only kept for its workers.</param>
public sealed record PoolRestored(PoolSpec Pool, bool Declared) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.PoolRestored;
}
