namespace BuildFarm.Scheduling.Events;

/// <summary>Why an attempt is tried again. Numbers are kept in journals; append-only.</summary>
public enum RequeueCause : byte
{
    None = 0,

    /// <summary>The worker was lost or restarted: charged to infrastructure, the worker is avoided.</summary>
    WorkerLost = 1,

    /// <summary>The worker reported that the farm is at fault: charged to infrastructure, the worker is avoided.</summary>
    Infrastructure = 2,

    /// <summary>A draining worker gave it back: not charged.</summary>
    Released = 3,

    /// <summary>The task failed and may try again: charged to the task.</summary>
    TaskRetry = 4,
}
