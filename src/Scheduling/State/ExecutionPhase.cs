namespace BuildFarm.Scheduling.State;

/// <summary>Where an execution is. Numbers are kept in journals; append-only.</summary>
public enum ExecutionPhase : byte
{
    /// <summary>Being looked up in the action cache.</summary>
    LookingUp = 0,

    /// <summary>In the queue of its shape.</summary>
    Queued = 1,

    /// <summary>A worker holds a live lease.</summary>
    Running = 2,

    /// <summary>Out of the state; whoever still holds a reference must not use it.</summary>
    Gone = 3,

    /// <summary>In the queues of the exclusive names that it needs.</summary>
    Claiming = 4,
}
