namespace BuildFarm.Scheduling;

/// <summary>Where a task is on its way. Numbers as buildfarm.v1's TaskState; append-only.</summary>
public enum TaskPhase : byte
{
    /// <summary>Never of a task in the state.</summary>
    Unspecified = 0,

    /// <summary>For its needs.</summary>
    Waiting = 1,

    /// <summary>Its action is being made or looked up.</summary>
    Resolving = 2,

    /// <summary>For a worker.</summary>
    Queued = 3,

    /// <summary>On a worker.</summary>
    Running = 4,

    /// <summary>It has an outcome, which does not change any more.</summary>
    Finished = 5,
}
