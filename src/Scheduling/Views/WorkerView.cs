using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>A worker as it was at one moment.</summary>
/// <param name="Id">Which.</param>
/// <param name="Incarnation">Of its process.</param>
/// <param name="Offer">What it is.</param>
/// <param name="Condition">How it is.</param>
/// <param name="InUse">What its attempts hold, those included that are still being ended.</param>
/// <param name="Running">The first waiting task of each live attempt.</param>
/// <param name="LinkedAt">When this incarnation came, by the wall clock.</param>
/// <param name="LastHeardAt">By the wall clock.</param>
public sealed record WorkerView(
    WorkerId Id,
    string Incarnation,
    WorkerOffer Offer,
    WorkerCondition Condition,
    Resources InUse,
    ImmutableArray<TaskId> Running,
    DateTimeOffset LinkedAt,
    DateTimeOffset LastHeardAt)
{
    /// <summary>One line: its quarantine, or that it is on probation after one; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";
    /// <summary>How often its stream ended, over all its incarnations that the state remembers.</summary>
    public long Disconnects { get; init; }

    /// <summary>Why it is out of service; empty when it is not.</summary>
    public string Evicted { get; init; } = "";
}
