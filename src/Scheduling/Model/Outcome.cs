namespace BuildFarm.Scheduling;

/// <summary>How a task ended: the closed set. Numbers as in buildfarm.v1; append-only.</summary>
public enum Outcome : byte
{
    /// <summary>It has not ended.</summary>
    Unspecified = 0,

    /// <summary>It exited with 0 and left all that it must.</summary>
    Success = 1,

    /// <summary>It exited by itself with another status, or left something out.</summary>
    Failure = 2,

    /// <summary>It ran for too long, or did not finish by its deadline.</summary>
    Timeout = 3,

    /// <summary>The kernel ended it for want of memory.</summary>
    OutOfMemory = 4,

    /// <summary>Disk, pids, output or log.</summary>
    ResourceLimit = 5,

    /// <summary>Somebody asked for its end, or what it needs did not succeed.</summary>
    Cancelled = 6,

    /// <summary>The farm could not run it; it says nothing of the task.</summary>
    Infrastructure = 7,
}
