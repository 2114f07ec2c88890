using System.Collections.Immutable;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Events;

/// <summary>An execution in a snapshot, after the jobs whose tasks wait for it and the worker that runs it.</summary>
/// <param name="Execution">Which.</param>
/// <param name="Action">What it runs.</param>
/// <param name="Cacheable">Whether equal ones merge into it.</param>
/// <param name="Phase">Where it is.</param>
public sealed record ExecutionRestored(ExecutionId Execution, ActionId Action, bool Cacheable, ExecutionPhase Phase) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ExecutionRestored;

    /// <summary>What it asks of a pool.</summary>
    public Platform Platform { get; init; } = Platform.Empty;

    /// <summary>What it asks for there.</summary>
    public Resources Resources { get; init; }

    /// <summary>It stands in the queues of children.</summary>
    public bool OfChild { get; init; }

    /// <summary>What no other attempt may have at the same time.</summary>
    public ImmutableArray<string> Exclusive { get; init; } = [];

    /// <summary>Of one attempt.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How often a failure of the task's own is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>Of the newest attempt; 0 before the first.</summary>
    public long Epoch { get; init; }

    /// <summary>Who holds the live lease; null unless running.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>Of the live lease there; 0 means the newest.</summary>
    public long LiveEpoch { get; init; }

    /// <summary>A second attempt under a live lease.</summary>
    public RestoredCopy? Copy { get; init; }

    /// <summary>Who made the newest attempt.</summary>
    public WorkerId? LastWorker { get; init; }

    /// <summary>Why the newest attempt is tried again.</summary>
    public string LastMessage { get; init; } = "";

    /// <summary>Attempts lost to infrastructure.</summary>
    public int InfrastructureLosses { get; init; }

    /// <summary>Attempts that failed by themselves.</summary>
    public int TaskFailures { get; init; }

    /// <summary>Workers that it should not meet again.</summary>
    public ImmutableArray<WorkerId> Avoid { get; init; } = [];

    /// <summary>No other attempt may run beside it.</summary>
    public bool Alone { get; init; }

    /// <summary>Workers that were lost while they ran it.</summary>
    public ImmutableArray<WorkerId> LostWorkers { get; init; } = [];

    /// <summary>Where it failed by itself.</summary>
    public ImmutableArray<RestoredFailure> Failures { get; init; } = [];

    /// <summary>What it had when it ran out of memory first, in bytes; 0 when it did not.</summary>
    public long MemoryBefore { get; init; }

    /// <summary>What its newest attempt had, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Priority of its place in the queue.</summary>
    public int Priority { get; init; }

    /// <summary>Sequence of the job that its place in the queue comes from.</summary>
    public long JobSequence { get; init; }

    /// <summary>Expected duration that its place in the queue comes from.</summary>
    public TimeSpan ExpectedDuration { get; init; }

    /// <summary>What was counted for its newest attempt; null when that no longer matters.</summary>
    public RestoredCount? Counted { get; init; }

    /// <summary>Of what waits at its shape and priority.</summary>
    public int Age { get; init; }

    /// <summary>How many went before it on workers that could hold it.</summary>
    public int Overtaken { get; init; }

    /// <summary>The worker that is kept free for it.</summary>
    public WorkerId? ReservedOn { get; init; }

    /// <summary>When it first waited for a worker.</summary>
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>When its newest attempt was assigned.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What it shares with others.</summary>
    public LocalityKeys Locality { get; init; }

    /// <summary>The tasks that wait for it, in order.</summary>
    public ImmutableArray<TaskId> Waiters { get; init; } = [];
}
