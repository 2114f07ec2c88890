using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution;

/// <summary>What a verdict needs beside the evidence.</summary>
internal sealed record VerdictContext(TimeSpan Timeout, long LogLimitBytes, ContainerLimits Limits, string Command, string StandardErrorTail)
{
    /// <summary>The worker's disk was full while it ran.</summary>
    public bool DiskWasFull { get; init; }

    /// <summary>What ran before the command.</summary>
    public Prelude? Prelude { get; init; }
}
