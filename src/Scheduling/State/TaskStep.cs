namespace BuildFarm.Scheduling.State;

/// <summary>Where a task is; while it is bound, its execution says more. Numbers are kept in journals; append-only.</summary>
public enum TaskStep : byte
{
    Waiting = 0,
    Resolving = 1,
    Bound = 2,
    Finished = 3,
}
