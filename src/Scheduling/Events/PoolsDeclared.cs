using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>These are the pools from now on.</summary>
public sealed record PoolsDeclared(ImmutableArray<PoolSpec> Pools) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.PoolsDeclared;
}
