using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Logs;

namespace BuildFarm.Worker.Execution;

/// <summary>What came of running an attempt's container.</summary>
internal sealed record AttemptRun(RunEnd End, ExitEvidence Evidence, CapturedLog StandardOutput, CapturedLog StandardError)
{
    /// <summary>Name of its system call filter.</summary>
    public string Profile { get; init; } = "";

    /// <summary>The worker's disk was full while it ran.</summary>
    public bool DiskWasFull { get; init; }

    /// <summary>What it wrote beside its outputs.</summary>
    public IReadOnlyList<WrittenPlace> Written { get; init; } = [];
}
