using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>The work on one action, and who waits for it.</summary>
internal sealed class ExecutionEntry(ExecutionId id, ActionId action, bool cacheable, Shape shape, TaskSpec spec)
    : IHeapItem<ExecutionEntry>
{
    public ExecutionId Id { get; } = id;

    public ActionId Action { get; } = action;

    public bool Cacheable { get; } = cacheable;

    public Shape Shape { get; } = shape;

    /// <summary>Of one attempt.</summary>
    public TimeSpan Timeout { get; } = spec.Timeout;

    /// <summary>How often a failure of the task's own is tried again.</summary>
    public int Retries { get; } = spec.Retries;

    public ExecutionPhase Phase { get; set; }

    /// <summary>Of the newest attempt; 0 before the first.</summary>
    public long Epoch { get; set; }

    /// <summary>Who holds the live lease; null unless running.</summary>
    public WorkerEntry? Worker { get; set; }

    /// <summary>Who made the newest attempt.</summary>
    public WorkerId? LastWorker { get; set; }

    /// <summary>Why the newest attempt is tried again; empty when it is not.</summary>
    public string LastMessage { get; set; } = "";

    public int InfrastructureLosses { get; set; }

    public int TaskFailures { get; set; }

    public AvoidSet? Avoid { get; set; }

    /// <summary>How long it is expected to take; zero when nobody knows. Of one flow the longest goes first.</summary>
    public long ExpectedTicks { get; } = spec.ExpectedDuration.Ticks;

    /// <summary>Where it counts in fair share: with the waiter of the highest priority.</summary>
    public required Flow Flow { get; set; }

    /// <summary>What a flow was charged for the newest attempt.</summary>
    public CountedTime Counted { get; set; }

    /// <summary>Set while queued.</summary>
    public FlowQueue? Place { get; set; }

    public ExecutionQueue? Queue => Place?.Band.Queue;

    public int HeapIndex { get; set; } = -1;

    /// <summary>How many went before it on workers that could hold it.</summary>
    public int Overtaken { get; set; }

    /// <summary>The worker that is kept free for it.</summary>
    public WorkerEntry? ReservedOn { get; set; }

    public DateTimeOffset? QueuedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public TaskRef? FirstWaiter { get; private set; }

    public int WaiterCount { get; private set; }

    private TaskRef? LastWaiter { get; set; }

    /// <summary>In their flow.</summary>
    public bool GoesBefore(ExecutionEntry other) =>
        ExpectedTicks != other.ExpectedTicks ? ExpectedTicks > other.ExpectedTicks : Id.Value < other.Id.Value;

    public void AddWaiter(TaskRef task)
    {
        task.Entry.Execution = this;
        task.Entry.Step = TaskStep.Bound;
        task.Entry.Next = null;
        if (LastWaiter is { } last)
        {
            last.Entry.Next = task;
        }
        else
        {
            FirstWaiter = task;
        }

        LastWaiter = task;
        WaiterCount++;
    }

    /// <summary>Takes out one waiter; the first costs nothing, another costs a walk to it.</summary>
    public void RemoveWaiter(TaskRef task)
    {
        TaskRef? previous = null;
        for (var at = FirstWaiter; at is { } waiter; previous = at, at = waiter.Entry.Next)
        {
            if (waiter != task)
            {
                continue;
            }

            if (previous is { } before)
            {
                before.Entry.Next = waiter.Entry.Next;
            }
            else
            {
                FirstWaiter = waiter.Entry.Next;
            }

            if (LastWaiter == task)
            {
                LastWaiter = previous;
            }

            waiter.Entry.Next = null;
            waiter.Entry.Execution = null;
            WaiterCount--;
            return;
        }

        throw new InvalidOperationException($"Task {task.Id} does not wait for execution {Id}.");
    }
}
