namespace BuildFarm.Scheduling;

/// <summary>What a failure of a task means. Numbers as in buildfarm.v1; append-only.</summary>
public enum TaskKind : byte
{
    Unspecified = 0,
    Build = 1,
    Test = 2,
}
