namespace BuildFarm.Scheduling;

/// <summary>What a worker does with an attempt. Numbers as in buildfarm.v1; append-only.</summary>
public enum AttemptPhase : byte
{
    Unspecified = 0,
    Fetching = 1,
    Running = 2,
    Uploading = 3,

    /// <summary>The report carries a completion.</summary>
    Completed = 4,
}
