namespace BuildFarm.Scheduling;

/// <summary>What a worker does with an attempt. Numbers as in buildfarm.v1; append-only.</summary>
public enum AttemptPhase : byte
{
    /// <summary>A worker of a later version said what this one does not know.</summary>
    Unspecified = 0,

    /// <summary>Its inputs are on their way to the worker.</summary>
    Fetching = 1,

    /// <summary>Its command runs.</summary>
    Running = 2,

    /// <summary>Its outputs are on their way to the CAS.</summary>
    Uploading = 3,

    /// <summary>The report carries a completion.</summary>
    Completed = 4,
}
