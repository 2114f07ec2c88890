using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>One wait of a running attempt for a child.</summary>
internal sealed class ParentWait
{
    public ParentWait(long id, Holding parent, JobId child, long cpuMillis, TimeSpan bound)
    {
        Id = id;
        Parent = parent;
        Child = child;
        CpuMillis = cpuMillis;
        Bound = bound;
        Alarm = new Deadline(this);
    }

    public long Id { get; }

    public Holding Parent { get; }

    public JobId Child { get; }

    /// <summary>What it lends; while it runs locally, what it needs.</summary>
    public long CpuMillis { get; }

    /// <summary>How long nothing of the child may run.</summary>
    public TimeSpan Bound { get; }

    public WaitStep Step { get; set; }

    /// <summary>What the parent is told when it has its CPU back; set when it wants it.</summary>
    public ChildAnswer Answer { get; set; }

    public Deadline Alarm { get; }
}
