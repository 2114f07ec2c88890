namespace BuildFarm.Scheduling.Queues;

/// <summary>All deadlines of a state in one heap: there are no timers, only a next moment.</summary>
internal sealed class DeadlineQueue
{
    private readonly IndexedHeap<Deadline> _heap = new();
    private long _order;

    /// <summary>The earliest deadline; null when there is none.</summary>
    public Deadline? Next => _heap.Head;

    public void Set(Deadline deadline, TimeSpan at)
    {
        deadline.At = at;
        deadline.Order = ++_order;
        if (deadline.IsSet)
        {
            _heap.Moved(deadline);
        }
        else
        {
            _heap.Add(deadline);
        }
    }

    public void Clear(Deadline deadline)
    {
        if (deadline.IsSet)
        {
            _heap.Remove(deadline);
        }
    }
}
