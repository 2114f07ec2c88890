using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>A worker, linked or not.</summary>
internal sealed class WorkerEntry
{
    public WorkerEntry(WorkerId id, string incarnation, WorkerOffer offer, PoolEntry pool)
    {
        Id = id;
        Incarnation = incarnation;
        Offer = offer;
        Pool = pool;
        Deadline = new Deadline(this);
        Conduct = new Conduct(this);
        Recent = new RecentKeys(this);
    }

    public WorkerId Id { get; }

    public string Incarnation { get; set; }

    public WorkerOffer Offer { get; set; }

    public PoolEntry Pool { get; set; }

    /// <summary>Place in the pool's list; -1 outside of it.</summary>
    public int PoolIndex { get; set; } = -1;

    /// <summary>A stream is open.</summary>
    public bool Linked { get; set; }

    /// <summary>Its lease ran out and it was not heard since.</summary>
    public bool Lost { get; set; }

    public bool DrainsByItself { get; set; }

    public bool DrainedByOperator { get; set; }

    /// <summary>Why it is out of service; empty when it is not.</summary>
    public string Evicted { get; set; } = "";

    /// <summary>How often its stream ended.</summary>
    public long Disconnects { get; set; }

    /// <summary>In order of assignment.</summary>
    public List<Holding> Holdings { get; } = [];

    public Resources InUse { get; set; }

    /// <summary>Of its desired state.</summary>
    public long Revision { get; set; }

    /// <summary>When it is lost; when lost, when it is forgotten.</summary>
    public Deadline Deadline { get; }

    /// <summary>The execution that alone may start here.</summary>
    public ExecutionEntry? ReservedFor { get; set; }

    /// <summary>How it has done lately, and its quarantine.</summary>
    public Conduct Conduct { get; }

    /// <summary>What its attempts shared with others lately.</summary>
    public RecentKeys Recent { get; }

    /// <summary>The attempt that nothing may run beside.</summary>
    public Holding? Isolated { get; set; }

    /// <summary>Whether this coordinator has heard it, in contrast to the one before. Lives as long as the process.</summary>
    public bool HeardHere { get; set; }

    public DateTimeOffset LinkedAt { get; set; }

    public DateTimeOffset HeardAt { get; set; }

    /// <summary>A mark of the running command: on its list of workers to place on, or to tell.</summary>
    public WorkerMarks Marks { get; set; }

    public Resources Free => Offer.Capacity - InUse;

    /// <summary>CPU that its attempts lend to children; for anything else it is not free.</summary>
    public long LentCpuMillis { get; set; }

    /// <summary>Waits whose parents want their CPU back, in the order that they asked; nothing starts here before they have it.</summary>
    public List<ParentWait> Resuming { get; } = [];

    /// <summary>What is free for tasks, or for children of tasks.</summary>
    public Resources FreeFor(bool children) =>
        children || LentCpuMillis == 0 ? Free : Free with { CpuMillis = Free.CpuMillis - LentCpuMillis };

    public bool IsDraining => DrainsByItself || DrainedByOperator;

    /// <summary>Whether it may get new attempts, now or when others have ended.</summary>
    public bool TakesWork => Linked && !Lost && !IsDraining && Evicted.Length == 0 && Pool.Declared && !IsQuarantined;

    /// <summary>Whether it may get new attempts now.</summary>
    public bool IsPlaceable => TakesWork && Isolated is null && Resuming.Count == 0;

    public bool IsQuarantined => Conduct.Reason is not null;

    /// <summary>Nothing runs on it, nor may still run.</summary>
    public bool IsEmpty => Holdings.TrueForAll(static holding => !holding.IsCharged);

    public Holding? Find(Lease lease)
    {
        foreach (var holding in Holdings)
        {
            if (holding.Lease == lease)
            {
                return holding;
            }
        }

        return null;
    }
}
