namespace BuildFarm.Scheduling.Events;

/// <summary>Numbers of events in journals. Append-only: a number is never given a second meaning.</summary>
public enum EventNumber
{
    None = 0,
    PoolsDeclared = 1,
    JobBegan = 2,
    TaskResolving = 3,
    ExecutionCreated = 4,
    TaskMerged = 5,
    ExecutionQueued = 6,
    AttemptStarted = 7,
    AttemptRequeued = 8,
    ExecutionFinished = 9,
    ExecutionAbandoned = 10,
    TaskFinished = 11,
    JobCancelRequested = 12,
    JobEnded = 13,
    WorkerJoined = 14,
    WorkerReturned = 15,
    WorkerDisconnected = 16,
    WorkerExpired = 17,
    WorkerForgotten = 18,
    WorkerDrainChanged = 19,
    HoldingDropped = 20,
    WorkerReserved = 21,
    WorkerDeadlineSet = 1001,
    CompletionRefused = 1003,
}
