using System.Collections.Immutable;
using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>
/// The work on one action, and who waits for it. Small while it waits for its first attempt, because there may be a million: what
/// comes later is in its <see cref="AttemptTrail"/>.
/// </summary>
internal sealed class ExecutionEntry(ExecutionId id, ActionId action, bool cacheable, Shape shape, TaskSpec spec)
    : IHeapItem<ExecutionEntry>
{
    private Waiters _waiters;
    private AttemptTrail? _trail;
    private long _queuedAtTicks;

    public ExecutionId Id { get; } = id;

    public ActionId Action { get; } = action;

    public bool Cacheable { get; } = cacheable;

    /// <summary>Changes when it gets more memory.</summary>
    public Shape Shape { get; set; } = shape;

    /// <summary>Of one attempt.</summary>
    public TimeSpan Timeout => Spec.Timeout;

    /// <summary>How often a failure of the task's own is tried again.</summary>
    public int Retries => Spec.Retries;

    /// <summary>How long it is expected to take; zero when nobody knows. Of one flow the longest goes first.</summary>
    public long ExpectedTicks => Spec.ExpectedDuration.Ticks;

    public ExecutionPhase Phase { get; set; }

    /// <summary>What it shares with others: the number of a set in <see cref="SchedulerState.Localities"/>; 0 for nothing.</summary>
    public int Locality { get; init; }

    /// <summary>Of the newest attempt; 0 before the first.</summary>
    public long Epoch
    {
        get => _trail?.Epoch ?? 0;
        set => Trail.Epoch = value;
    }

    /// <summary>The attempt under a live lease; null unless running.</summary>
    public Holding? Live
    {
        get => _trail?.Live;
        set => Trail.Live = value;
    }

    /// <summary>A second attempt under a live lease of its own, beside <see cref="Live"/>, which is slow.</summary>
    public Holding? Copy
    {
        get => _trail?.Copy;
        set => Trail.Copy = value;
    }

    /// <summary>When it is seen whether the attempt takes too long; null unless that is of interest.</summary>
    public Deadline? Straggling
    {
        get => _trail?.Straggling;
        set => Trail.Straggling = value;
    }

    /// <summary>What no other attempt may have at the same time.</summary>
    public ImmutableArray<string> Exclusive => Spec.Exclusive;

    /// <summary>Its places in the queues of its exclusive names, while it waits for them.</summary>
    public NameClaim[] Claims
    {
        get => _trail?.Claims ?? [];
        set => Trail.Claims = value;
    }

    /// <summary>Who holds the live lease; null unless running.</summary>
    public WorkerEntry? Worker => Live?.Worker;

    /// <summary>Who made the newest attempt.</summary>
    public WorkerId? LastWorker
    {
        get => _trail?.LastWorker;
        set => Trail.LastWorker = value;
    }

    /// <summary>Why the newest attempt is tried again; empty when it is not.</summary>
    public string LastMessage
    {
        get => _trail?.LastMessage ?? "";
        set => Trail.LastMessage = value;
    }

    public int InfrastructureLosses
    {
        get => _trail?.InfrastructureLosses ?? 0;
        set => Trail.InfrastructureLosses = value;
    }

    public int TaskFailures
    {
        get => _trail?.TaskFailures ?? 0;
        set => Trail.TaskFailures = value;
    }

    public AvoidSet? Avoid
    {
        get => _trail?.Avoid;
        set => Trail.Avoid = value;
    }

    /// <summary>Null for most.</summary>
    public Setbacks? Setbacks => _trail?.Setbacks;

    /// <summary>What its attempts used up so far.</summary>
    public AttemptCharges Charges => new(TaskFailures, InfrastructureLosses, _trail?.MemoryBytes ?? 0, Setbacks?.MemoryBefore ?? 0);

    /// <summary>Whether no other attempt may run beside it.</summary>
    public bool Alone => Avoid is { Alone: true };

    /// <summary>What a flow was charged for the newest attempt.</summary>
    public CountedTime Counted
    {
        get => _trail?.Counted ?? default;
        set => Trail.Counted = value;
    }

    /// <summary>How many went before it on workers that could hold it.</summary>
    public int Overtaken
    {
        get => _trail?.Overtaken ?? 0;
        set => Trail.Overtaken = value;
    }

    /// <summary>The worker that is kept free for it.</summary>
    public WorkerEntry? ReservedOn
    {
        get => _trail?.ReservedOn;
        set => Trail.ReservedOn = value;
    }

    public DateTimeOffset? StartedAt
    {
        get => _trail?.StartedAt;
        set => Trail.StartedAt = value;
    }

    public DateTimeOffset? QueuedAt
    {
        get => _queuedAtTicks == 0 ? null : new DateTimeOffset(_queuedAtTicks, TimeSpan.Zero);
        set => _queuedAtTicks = value?.UtcTicks ?? 0;
    }

    /// <summary>Where it counts in fair share: with the waiter of the highest priority.</summary>
    public required Flow Flow { get; set; }

    /// <summary>Set while queued.</summary>
    public FlowQueue? Place { get; set; }

    public ExecutionQueue? Queue => Place?.Band.Queue;

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => -ExpectedTicks;

    public TaskRef? FirstWaiter => _waiters.First;

    public int WaiterCount => _waiters.Count;

    /// <summary>Those who wait, in order; nobody may come or go while they are walked over.</summary>
    public Waiters Waiters => _waiters;

    /// <summary>What its first waiter asked for; of those that merged only the priority counts.</summary>
    private TaskSpec Spec { get; } = spec;

    private AttemptTrail Trail => _trail ??= new AttemptTrail();

    /// <summary>Of the newest attempt.</summary>
    public void Had(long memoryBytes) => Trail.MemoryBytes = memoryBytes;

    /// <summary>Of one that has some, or gets the first.</summary>
    public Setbacks SetbacksToChange() => Trail.Setbacks ??= new Setbacks();

    /// <summary>In their flow.</summary>
    public bool GoesBefore(ExecutionEntry other) =>
        ExpectedTicks != other.ExpectedTicks ? ExpectedTicks > other.ExpectedTicks : Id.Value < other.Id.Value;

    public void AddWaiter(TaskRef task)
    {
        task.Entry.Execution = this;
        task.Entry.Step = TaskStep.Bound;
        _waiters.Add(task);
    }

    /// <summary>Takes out one waiter; the first costs nothing, another costs a walk to it.</summary>
    public void RemoveWaiter(TaskRef task)
    {
        if (!_waiters.Remove(task))
        {
            throw new InvalidOperationException($"Task {task.Id} does not wait for execution {Id}.");
        }

        task.Entry.Execution = null;
        Live?.WaiterLeft();
        Copy?.WaiterLeft();
    }
}
