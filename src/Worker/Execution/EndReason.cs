namespace BuildFarm.Worker.Execution;

/// <summary>Why a container ended, as far as the worker had a hand in it.</summary>
internal enum EndReason
{
    /// <summary>By itself, or by the kernel.</summary>
    Exited = 0,
    TimedOut,
    LogLimit,
    Cancelled,

    /// <summary>It wrote more to its workspace than it may.</summary>
    DiskLimit,

    /// <summary>Nothing of it did anything for long.</summary>
    Stalled,
}
