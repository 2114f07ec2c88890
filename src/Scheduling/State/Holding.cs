using System.Collections.Immutable;
using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>An attempt that a worker has, or may have.</summary>
internal sealed class Holding(Lease lease, WorkerEntry worker, ExecutionEntry? execution, Resources charge, long since)
{
    private Assignment? _assignment;

    public Lease Lease { get; } = lease;

    /// <summary>Who has it.</summary>
    public WorkerEntry Worker { get; } = worker;

    /// <summary>Set while live.</summary>
    public ExecutionEntry? Execution { get; set; } = execution;

    public Resources Charge { get; } = charge;

    /// <summary>
    /// What its worker is told of it while it is live; null when it is not. Made once: a worker hears of an attempt many times.
    /// </summary>
    public Assignment? Assignment => Execution is not { } execution ? null : _assignment ??= execution.FirstWaiter is { } task
        ? new Assignment(Lease, execution.Action, task.Id, Charge, execution.Timeout)
        : null;

    /// <summary>What no other attempt may have before this one has ended.</summary>
    public ImmutableArray<string> Exclusive { get; init; } = [];

    /// <summary>When it was assigned, by the wall clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Revision of the desired state that lists it first.</summary>
    public long Since { get; } = since;

    public HoldingState State { get; set; }

    /// <summary>Null when it has no child and waits for none.</summary>
    public Family? Family { get; set; }

    /// <summary>Of its CPU, what it lends to children while it waits for its own.</summary>
    public long LentCpuMillis { get; set; }

    /// <summary>What it holds: its charge without what it lends.</summary>
    public Resources Held => LentCpuMillis == 0 ? Charge : Charge with { CpuMillis = Charge.CpuMillis - LentCpuMillis };

    /// <summary>Revision of the desired state that no longer lists it.</summary>
    public long GoneAt { get; set; }

    /// <summary>Whether a completion of it was refused and counted.</summary>
    public bool Refused { get; set; }

    /// <summary>Nothing else may run on the worker while it is charged.</summary>
    public bool Alone { get; init; }
    /// <summary>The furthest that the worker has told; 0 when it tells nothing.</summary>
    public long Progress { get; set; }

    /// <summary>
    /// When the worker is evicted: while live, unless it gets on; told to end it, unless it has. Null when it was never watched.
    /// </summary>
    public Deadline? Watch { get; set; }

    public bool IsWatched => Watch is { IsSet: true };

    public bool IsCharged => State != HoldingState.Completed;

    /// <summary>The task that the worker was told of may not be the first any more.</summary>
    public void WaiterLeft() => _assignment = null;
}
