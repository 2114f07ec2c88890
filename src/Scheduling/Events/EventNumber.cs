namespace BuildFarm.Scheduling.Events;

/// <summary>Numbers of events in journals. Append-only: a number is never given a second meaning.</summary>
public enum EventNumber
{
    /// <summary>No event.</summary>
    None = 0,

    /// <inheritdoc cref="Events.PoolsDeclared"/>
    PoolsDeclared = 1,

    /// <inheritdoc cref="Events.JobBegan"/>
    JobBegan = 2,

    /// <inheritdoc cref="Events.TaskResolving"/>
    TaskResolving = 3,

    /// <inheritdoc cref="Events.ExecutionCreated"/>
    ExecutionCreated = 4,

    /// <inheritdoc cref="Events.TaskMerged"/>
    TaskMerged = 5,

    /// <inheritdoc cref="Events.ExecutionQueued"/>
    ExecutionQueued = 6,

    /// <inheritdoc cref="Events.AttemptStarted"/>
    AttemptStarted = 7,

    /// <inheritdoc cref="Events.AttemptRequeued"/>
    AttemptRequeued = 8,

    /// <inheritdoc cref="Events.ExecutionFinished"/>
    ExecutionFinished = 9,

    /// <inheritdoc cref="Events.ExecutionAbandoned"/>
    ExecutionAbandoned = 10,

    /// <inheritdoc cref="Events.TaskFinished"/>
    TaskFinished = 11,

    /// <inheritdoc cref="Events.JobCancelRequested"/>
    JobCancelRequested = 12,

    /// <inheritdoc cref="Events.JobEnded"/>
    JobEnded = 13,

    /// <inheritdoc cref="Events.WorkerJoined"/>
    WorkerJoined = 14,

    /// <inheritdoc cref="Events.WorkerReturned"/>
    WorkerReturned = 15,

    /// <inheritdoc cref="Events.WorkerDisconnected"/>
    WorkerDisconnected = 16,

    /// <inheritdoc cref="Events.WorkerExpired"/>
    WorkerExpired = 17,

    /// <inheritdoc cref="Events.WorkerForgotten"/>
    WorkerForgotten = 18,

    /// <inheritdoc cref="Events.WorkerDrainChanged"/>
    WorkerDrainChanged = 19,

    /// <inheritdoc cref="Events.HoldingDropped"/>
    HoldingDropped = 20,

    /// <inheritdoc cref="Events.WorkerReserved"/>
    WorkerReserved = 21,

    /// <inheritdoc cref="Events.BandAged"/>
    BandAged = 22,

    /// <inheritdoc cref="Events.WorkerEvicted"/>
    WorkerEvicted = 31,

    /// <inheritdoc cref="Events.WorkerReadmitted"/>
    WorkerReadmitted = 32,

    /// <inheritdoc cref="Events.CopyStarted"/>
    CopyStarted = 40,

    /// <inheritdoc cref="Events.CopyEnded"/>
    CopyEnded = 41,

    /// <inheritdoc cref="Events.NamesTaken"/>
    NamesTaken = 42,

    /// <inheritdoc cref="Events.ParentWaiting"/>
    ParentWaiting = 43,

    /// <inheritdoc cref="Events.ParentResuming"/>
    ParentResuming = 44,

    /// <inheritdoc cref="Events.ParentResumed"/>
    ParentResumed = 45,

    /// <inheritdoc cref="Events.LocalRunEnded"/>
    LocalRunEnded = 46,

    /// <inheritdoc cref="Events.WorkerQuarantined"/>
    WorkerQuarantined = 130,

    /// <inheritdoc cref="Events.WorkerReleased"/>
    WorkerReleased = 131,

    /// <inheritdoc cref="Events.StateRestored"/>
    StateRestored = 901,

    /// <inheritdoc cref="Events.PoolRestored"/>
    PoolRestored = 902,

    /// <inheritdoc cref="Events.WorkerRestored"/>
    WorkerRestored = 903,

    /// <inheritdoc cref="Events.JobRestored"/>
    JobRestored = 904,

    /// <inheritdoc cref="Events.ExecutionRestored"/>
    ExecutionRestored = 905,

    /// <inheritdoc cref="Events.TasksRestored"/>
    TasksRestored = 906,

    /// <inheritdoc cref="Events.WorkerDeadlineSet"/>
    WorkerDeadlineSet = 1001,

    /// <inheritdoc cref="Events.AgingSet"/>
    AgingSet = 1002,

    /// <inheritdoc cref="Events.CompletionRefused"/>
    CompletionRefused = 1003,

    /// <inheritdoc cref="Events.JobAlarmSet"/>
    JobAlarmSet = 1004,

    /// <inheritdoc cref="Events.QuarantineAlarmSet"/>
    QuarantineAlarmSet = 1030,

    /// <inheritdoc cref="Events.HoldingWatched"/>
    HoldingWatched = 1011,

    /// <inheritdoc cref="Events.StragglerAlarmSet"/>
    StragglerAlarmSet = 1040,

    /// <inheritdoc cref="Events.WaitAlarmSet"/>
    WaitAlarmSet = 1041,
}
