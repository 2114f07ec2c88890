namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// What an execution keeps away from: workers that it should not meet again, sorted by id, and, when it must run alone, every other
/// attempt. Has as many workers as it had attempts at most.
/// </summary>
internal sealed class AvoidSet
{
    private readonly WorkerId[] _workers;

    private AvoidSet(WorkerId[] workers, bool alone)
    {
        _workers = workers;
        Alone = alone;
    }

    /// <summary>Nothing else may run beside it.</summary>
    public bool Alone { get; }

    public ReadOnlySpan<WorkerId> Workers => _workers;

    /// <summary>The set with one worker more; the same set when it is in already.</summary>
    public static AvoidSet With(AvoidSet? set, WorkerId worker)
    {
        if (set is null)
        {
            return new AvoidSet([worker], alone: false);
        }

        if (set.Contains(worker))
        {
            return set;
        }

        WorkerId[] workers = [.. set._workers, worker];
        Array.Sort(workers, static (a, b) => string.CompareOrdinal(a.Value, b.Value));
        return new AvoidSet(workers, set.Alone);
    }

    /// <summary>The same workers, for one that runs alone.</summary>
    public static AvoidSet ToRunAlone(AvoidSet? set) => set is { Alone: true } ? set : new AvoidSet(set?._workers ?? [], alone: true);

    public bool Contains(WorkerId worker) => Array.IndexOf(_workers, worker) >= 0;

    public bool SameAs(AvoidSet other) => Alone == other.Alone && _workers.AsSpan().SequenceEqual(other._workers);
}
