namespace BuildFarm.Scheduling;

/// <summary>Where a task is on its way. Numbers as buildfarm.v1's TaskState; append-only.</summary>
public enum TaskPhase : byte
{
    Unspecified = 0,

    /// <summary>For its needs.</summary>
    Waiting = 1,

    /// <summary>Its action is being made or looked up.</summary>
    Resolving = 2,

    /// <summary>For a worker.</summary>
    Queued = 3,
    Running = 4,
    Finished = 5,
}
