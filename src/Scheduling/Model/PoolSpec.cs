namespace BuildFarm.Scheduling;

/// <summary>A declared pool: workers with the same platform properties. It may be empty; what it can run then waits.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Platform">What every worker of it offers.</param>
public sealed record PoolSpec(string Name, Platform Platform)
{
    /// <summary>Memory of a task that asks for none, in bytes.</summary>
    public long DefaultMemoryBytes { get; init; } = 1L << 30;

    /// <summary>
    /// The largest worker that this pool can get, so that an impossible request is known without workers. Null: the largest linked
    /// worker decides, and while there is none everything may wait.
    /// </summary>
    public Resources? LargestWorker { get; init; }
}
