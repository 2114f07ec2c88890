using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>Executions of one shape that wait for a worker, best first. A pool lists it while it is not empty.</summary>
internal sealed class ExecutionQueue(Shape shape, AvoidSet? avoid)
{
    private readonly IndexedHeap<ExecutionEntry> _heap = new();
    private bool _active;

    public Shape Shape { get; } = shape;

    public AvoidSet? Avoid { get; } = avoid;

    public int Count => _heap.Count;

    public ExecutionEntry? Head => _heap.Head;

    /// <summary>All of them; only the first is in its place.</summary>
    public ReadOnlySpan<ExecutionEntry> Items => _heap.Items;

    public void Add(ExecutionEntry execution)
    {
        _heap.Add(execution);
        execution.Queue = this;
        Activate(on: true);
    }

    public void Remove(ExecutionEntry execution)
    {
        _heap.Remove(execution);
        execution.Queue = null;
        if (_heap.Count == 0)
        {
            Activate(on: false);
            Shape.Drop(this);
        }
    }

    public void Moved(ExecutionEntry execution) => _heap.Moved(execution);

    /// <summary>Enters this queue in the lists of its pools, or takes it out of them.</summary>
    public void Activate(bool on)
    {
        if (on == _active)
        {
            return;
        }

        _active = on;
        foreach (var (pool, _) in Shape.Pools)
        {
            if (on)
            {
                pool.Waiting.Add(this);
            }
            else
            {
                pool.Waiting.Remove(this);
            }
        }
    }
}
