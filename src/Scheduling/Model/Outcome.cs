namespace BuildFarm.Scheduling;

/// <summary>How a task ended: the closed set. Numbers as in buildfarm.v1; append-only.</summary>
public enum Outcome : byte
{
    Unspecified = 0,
    Success = 1,
    Failure = 2,
    Timeout = 3,
    OutOfMemory = 4,

    /// <summary>Disk, pids, output or log.</summary>
    ResourceLimit = 5,
    Cancelled = 6,
    Infrastructure = 7,
}
