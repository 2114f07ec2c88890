namespace BuildFarm.Scheduling.Events;

/// <summary>Why an attempt is tried again. Numbers are kept in journals; append-only.</summary>
public enum RequeueCause : byte
{
    /// <summary>It is not tried again.</summary>
    None = 0,

    /// <summary>The worker was lost or restarted: charged to infrastructure, the worker is avoided.</summary>
    WorkerLost = 1,

    /// <summary>The worker reported that the farm is at fault: charged to infrastructure, the worker is avoided.</summary>
    Infrastructure = 2,

    /// <summary>A draining worker gave it back: not charged.</summary>
    Released = 3,

    /// <summary>The task failed and may try again: charged to the task, the worker is avoided.</summary>
    TaskRetry = 4,

    /// <summary>The worker heard of it and does not have it: charged to infrastructure, the worker is avoided.</summary>
    Missing = 5,

    /// <summary>A draining worker heard of it and did not start it: not charged.</summary>
    Declined = 6,

    /// <summary>It failed while another attempt of the execution goes on: the other decides, nothing is charged.</summary>
    OneOfTwo = 7,

    /// <summary>The worker was lost while it drained, as a node that is taken away is: not charged.</summary>
    Evicted = 8,

    /// <summary>
    /// The worker is gone, and nothing says that this task is why: a coordinator that came back missed it, or others ran beside
    /// what one more loss would end. Charged to infrastructure, the worker is avoided.
    /// </summary>
    WorkerAway = 9,

    /// <summary>It needed more memory than it had: charged to nobody, tried once more with more.</summary>
    OutOfMemory = 10,

    /// <summary>The CAS lacks what it reads: charged to infrastructure, no worker is blamed.</summary>
    InputsMissing = 11,
}
