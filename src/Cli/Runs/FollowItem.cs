namespace BuildFarm.Cli.Runs;

/// <summary>Something that a follower of a run must deal with, in the order in which it happened.</summary>
internal abstract record FollowItem
{
    /// <summary>An event of the job.</summary>
    public sealed record News(JobEvent Event) : FollowItem;

    /// <summary>The connection was lost or is back.</summary>
    public sealed record Remark(string Line) : FollowItem;

    /// <summary>Time to look at the clock.</summary>
    public sealed record Tick : FollowItem;

    /// <summary>Somebody wants this to end.</summary>
    public sealed record Stop(StopSignal Signal) : FollowItem;

    /// <summary>The answer to the question what to do.</summary>
    public sealed record Answer(char Key) : FollowItem;

    /// <summary>The farm cannot be followed any more.</summary>
    public sealed record Broken(FarmException Error) : FollowItem;
}

/// <summary>How somebody wants this to end.</summary>
public enum StopSignal
{
    /// <summary>Ctrl-C.</summary>
    Interrupt = 1,

    /// <summary>SIGTERM, or the terminal is gone.</summary>
    Terminate = 2,
}
