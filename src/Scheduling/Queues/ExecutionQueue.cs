using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// Executions of one shape that wait for a worker, best first: by priority and age, then by fair share, then the longest expected. A
/// pool lists it while it is not empty.
/// </summary>
internal sealed class ExecutionQueue(Shape shape, AvoidSet? avoid)
{
    private readonly IndexedHeap<PriorityBand> _bands = new();
    private bool _active;

    public Shape Shape { get; } = shape;

    public AvoidSet? Avoid { get; } = avoid;

    public int Count { get; private set; }

    public ExecutionEntry? Head => _bands.Head?.Head;

    /// <summary>All of them; only the first is in its place.</summary>
    public ReadOnlySpan<PriorityBand> Bands => _bands.Items;

    public void Add(ExecutionEntry execution)
    {
        BandOf(execution.Flow.Level.Priority).Add(execution);
        Count++;
        Activate(on: true);
    }

    /// <summary>Takes one out. Gives its band when that is empty now and gone.</summary>
    public PriorityBand? Remove(ExecutionEntry execution)
    {
        var band = execution.Place!.Band;
        band.Remove(execution);
        Count--;
        if (band.IsEmpty)
        {
            _bands.Remove(band);
        }

        if (Count == 0)
        {
            Activate(on: false);
            Shape.Drop(this);
        }

        return band.IsEmpty ? band : null;
    }

    public void Moved(PriorityBand band) => _bands.Moved(band);

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

    private PriorityBand BandOf(int priority)
    {
        // There are as many as there are priorities in use.
        foreach (var band in _bands.Items)
        {
            if (band.Priority == priority)
            {
                return band;
            }
        }

        var made = new PriorityBand(priority, this);
        _bands.Add(made);
        return made;
    }
}
