namespace BuildFarm.Scheduling;

/// <summary>What a failure of a task means. Numbers as in buildfarm.v1; append-only.</summary>
public enum TaskKind : byte
{
    /// <summary>Nobody said; a failure counts as one of a build.</summary>
    Unspecified = 0,

    /// <summary>A failure of it is a failed build.</summary>
    Build = 1,

    /// <summary>A failure of it is a failed test.</summary>
    Test = 2,
}
