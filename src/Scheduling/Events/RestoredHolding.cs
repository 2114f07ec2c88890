using System.Collections.Immutable;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Events;

/// <summary>An attempt that a worker has.</summary>
/// <param name="Lease">Which.</param>
/// <param name="Charge">What it holds there.</param>
/// <param name="State">Live, or on its way out.</param>
/// <param name="Since">Revision of the desired state that lists it first.</param>
/// <param name="GoneAt">Revision of the desired state that no longer lists it.</param>
public sealed record RestoredHolding(Lease Lease, Resources Charge, HoldingState State, long Since, long GoneAt)
{
    /// <summary>When it was assigned; null in snapshots that did not say.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Nothing may run beside it.</summary>
    public bool Alone { get; init; }

    /// <summary>Of its CPU, what it lends to children.</summary>
    public long LentCpuMillis { get; init; }

    /// <summary>For which children it waits.</summary>
    public ImmutableArray<RestoredWait> Waits { get; init; } = [];

    /// <summary>What no other attempt may have before this one has ended.</summary>
    public ImmutableArray<string> Exclusive { get; init; } = [];
}
