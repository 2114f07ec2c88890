namespace BuildFarm.Scheduling.State;

/// <summary>Where a task is; while it is bound, its execution says more. Numbers are kept in journals; append-only.</summary>
public enum TaskStep : byte
{
    /// <summary>For its needs.</summary>
    Waiting = 0,

    /// <summary>Its action is being made.</summary>
    Resolving = 1,

    /// <summary>To an execution, until that ends.</summary>
    Bound = 2,

    /// <summary>It has an outcome.</summary>
    Finished = 3,
}
