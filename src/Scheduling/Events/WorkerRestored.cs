using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>A worker in a snapshot, after its pool.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Incarnation">The newest.</param>
/// <param name="Offer">What it offers.</param>
/// <param name="LinkedAt">By the wall clock.</param>
public sealed record WorkerRestored(WorkerId Worker, string Incarnation, WorkerOffer Offer, DateTimeOffset LinkedAt) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerRestored;

    /// <summary>A stream was open.</summary>
    public bool Linked { get; init; }

    /// <summary>Its lease had run out.</summary>
    public bool Lost { get; init; }

    /// <summary>It wants no new attempts.</summary>
    public bool DrainsByItself { get; init; }

    /// <summary>An operator wants it to take no new attempts.</summary>
    public bool DrainedByOperator { get; init; }

    /// <summary>Why it is out of service; empty when it is not.</summary>
    public string Evicted { get; init; } = "";

    /// <summary>How often its stream ended.</summary>
    public long Disconnects { get; init; }

    /// <summary>Of its desired state.</summary>
    public long Revision { get; init; }

    /// <summary>How it has done lately.</summary>
    public RestoredConduct Conduct { get; init; } = new();

    /// <summary>What its attempts shared with others lately, oldest first.</summary>
    public ImmutableArray<RestoredMark> Recent { get; init; } = [];

    /// <summary>What it has, in order of assignment.</summary>
    public ImmutableArray<RestoredHolding> Holdings { get; init; } = [];
}
