namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// Workers that an execution should not meet again, sorted by id. As large as the infrastructure budget at most.
/// </summary>
internal sealed class AvoidSet
{
    private readonly WorkerId[] _workers;

    private AvoidSet(WorkerId[] workers)
    {
        _workers = workers;
    }

    public ReadOnlySpan<WorkerId> Workers => _workers;

    /// <summary>The set with one worker more; the same set when it is in already.</summary>
    public static AvoidSet With(AvoidSet? set, WorkerId worker)
    {
        if (set is null)
        {
            return new AvoidSet([worker]);
        }

        if (set.Contains(worker))
        {
            return set;
        }

        WorkerId[] workers = [.. set._workers, worker];
        Array.Sort(workers, static (a, b) => string.CompareOrdinal(a.Value, b.Value));
        return new AvoidSet(workers);
    }

    public bool Contains(WorkerId worker) => Array.IndexOf(_workers, worker) >= 0;

    public bool SameAs(AvoidSet other) => _workers.AsSpan().SequenceEqual(other._workers);
}
