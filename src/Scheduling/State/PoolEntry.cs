using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>A pool: its workers, and the queues that could run on them.</summary>
internal sealed class PoolEntry(PoolSpec spec)
{
    private readonly List<WorkerEntry> _workers = [];
    private int _firstWithRoom;

    public PoolSpec Spec { get; set; } = spec;

    public bool Declared { get; set; } = true;

    /// <summary>Workers that are not lost.</summary>
    public IReadOnlyList<WorkerEntry> Workers => _workers;

    /// <summary>Queues, not empty, of shapes that this pool can run.</summary>
    public List<ExecutionQueue> Waiting { get; } = [];

    /// <summary>Which of its workers had what lately.</summary>
    public KeyHolders Holders { get; } = new();

    /// <summary>CPU of its workers that are not lost.</summary>
    public long CpuMillis { get; private set; }

    /// <summary>CPU that second attempts hold here.</summary>
    public long CopiedCpuMillis { get; set; }

    /// <summary>
    /// Where a search for a free worker starts: every worker before it has no CPU left. A hint that saves a walk over a full pool;
    /// it is worth nothing to a replay.
    /// </summary>
    public int FirstWithRoom()
    {
        while (_firstWithRoom < _workers.Count && _workers[_firstWithRoom].Free.CpuMillis <= 0)
        {
            _firstWithRoom++;
        }

        return _firstWithRoom;
    }

    /// <summary>A worker has more room than before.</summary>
    public void RoomCameBack(WorkerEntry worker)
    {
        if (worker.PoolIndex >= 0 && worker.PoolIndex < _firstWithRoom)
        {
            _firstWithRoom = worker.PoolIndex;
        }
    }

    public void Add(WorkerEntry worker)
    {
        worker.PoolIndex = _workers.Count;
        _workers.Add(worker);
        CpuMillis += worker.Offer.Capacity.CpuMillis;
        RoomCameBack(worker);
    }

    public void Remove(WorkerEntry worker)
    {
        if (worker.PoolIndex < 0)
        {
            return;
        }

        // What a worker has that was away, or that begins anew, is not known.
        worker.Recent.Clear();
        var last = _workers[^1];
        _workers[worker.PoolIndex] = last;
        last.PoolIndex = worker.PoolIndex;
        _workers.RemoveAt(_workers.Count - 1);
        worker.PoolIndex = -1;
        CpuMillis -= worker.Offer.Capacity.CpuMillis;
        RoomCameBack(last);
        _firstWithRoom = Math.Min(_firstWithRoom, _workers.Count);
    }
}
