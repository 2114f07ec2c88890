namespace BuildFarm.Scheduling;

/// <summary>Where a result came from. Numbers as in buildfarm.v1; append-only.</summary>
public enum ResultOrigin : byte
{
    Unspecified = 0,
    Executed = 1,
    ActionCache = 2,

    /// <summary>Another task with an equal action was in flight; this one took its result.</summary>
    Merged = 3,
}
