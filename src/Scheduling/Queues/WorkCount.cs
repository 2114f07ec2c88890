namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// Counts what decisions look at: items of heaps that are compared, heads of queues and workers that are tried. It shows a
/// benchmark that nothing is walked that grows with the queue. Each thread counts for itself.
/// </summary>
internal static class WorkCount
{
    [ThreadStatic]
    private static long _looks;

    /// <summary>Of this thread so far.</summary>
    public static long Looks => _looks;

    public static void Add(int looks) => _looks += looks;
}
