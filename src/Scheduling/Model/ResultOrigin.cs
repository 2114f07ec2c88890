namespace BuildFarm.Scheduling;

/// <summary>Where a result came from. Numbers as in buildfarm.v1; append-only.</summary>
public enum ResultOrigin : byte
{
    /// <summary>There is no result.</summary>
    Unspecified = 0,

    /// <summary>An attempt of it, or of the execution that it shares, made it.</summary>
    Executed = 1,

    /// <summary>It was in the action cache.</summary>
    ActionCache = 2,

    /// <summary>Another task with an equal action was in flight; this one took its result.</summary>
    Merged = 3,
}
