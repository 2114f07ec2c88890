namespace BuildFarm.Scheduling.State;

/// <summary>A worker had a locality key: one link of the pool's list of those who had it, newest first.</summary>
internal sealed class KeyMark(WorkerEntry worker, long key)
{
    public WorkerEntry Worker { get; } = worker;

    public long Key { get; } = key;

    /// <summary>The number of the attempt, of all that were started, that had it last.</summary>
    public long At { get; set; }

    /// <summary>Who had it before.</summary>
    public KeyMark? Older { get; set; }

    /// <summary>Who had it since.</summary>
    public KeyMark? Newer { get; set; }
}
