namespace BuildFarm.Scheduling.State;

/// <summary>Where an execution is.</summary>
internal enum ExecutionPhase : byte
{
    /// <summary>Being looked up in the action cache.</summary>
    LookingUp,

    /// <summary>In the queue of its shape.</summary>
    Queued,

    /// <summary>A worker holds a live lease.</summary>
    Running,

    /// <summary>Out of the state; whoever still holds a reference must not use it.</summary>
    Gone,
}
