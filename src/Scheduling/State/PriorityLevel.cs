namespace BuildFarm.Scheduling.State;

/// <summary>
/// What waits at one priority, and how far the fair order among it has come. Kept when nothing waits: what comes next goes on from
/// there.
/// </summary>
internal sealed class PriorityLevel(int priority)
{
    public int Priority { get; } = priority;

    /// <summary>The pass of what started last. Who begins to wait begins here, so that nobody saves up a claim by being idle.</summary>
    public long Pass { get; set; }

    /// <summary>Those who have something waiting at this priority, by submitter.</summary>
    public Dictionary<string, Share> Shares { get; } = new(StringComparer.Ordinal);
}
