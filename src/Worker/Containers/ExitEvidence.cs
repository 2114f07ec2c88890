namespace BuildFarm.Worker.Containers;

/// <summary>How a container ended: what the kernel and the runtime say, no conclusions.</summary>
/// <param name="ExitCode">Of the command; 128 + n when signal n ended it.</param>
/// <param name="Usage">From its cgroup.</param>
internal sealed record ExitEvidence(int ExitCode, CgroupUsage Usage)
{
    /// <summary>What was full when it ended.</summary>
    public ReachedLimit Reached { get; init; }
}
