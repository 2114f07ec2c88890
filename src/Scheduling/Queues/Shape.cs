using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// What executions ask for, shared by all that ask for the same. Those of one shape fit or do not fit together, so only the head of
/// each queue is ever tried.
/// </summary>
internal sealed class Shape(Platform platform, Resources asked, bool ofChildren)
{
    private readonly List<ExecutionQueue> _avoiding = [];

    public Platform Platform { get; } = platform;

    /// <summary>As in the spec: zeros stand for defaults.</summary>
    public Resources Asked { get; } = asked;

    /// <summary>Children of running attempts may use what waiting parents lend, and stand in queues of their own.</summary>
    public bool OfChildren { get; } = ofChildren;

    /// <summary>Executions that keep this shape in the state.</summary>
    public int References { get; set; }

    /// <summary>Declared pools that offer the platform, and what one execution holds in each.</summary>
    public ShapeInPool[] Pools { get; private set; } = [];

    /// <summary>Those that avoid no worker: nearly all.</summary>
    public ExecutionQueue? Plain { get; private set; }

    public IReadOnlyList<ExecutionQueue> Avoiding => _avoiding;

    public static Resources ChargeIn(PoolSpec pool, Resources asked) => new(
        asked.CpuMillis == 0 ? 1000 : asked.CpuMillis,
        asked.MemoryBytes == 0 ? pool.DefaultMemoryBytes : asked.MemoryBytes) { Named = asked.Named };

    /// <summary>The queue for executions with these workers to avoid, made when there is none.</summary>
    public ExecutionQueue QueueFor(AvoidSet? avoid)
    {
        if (avoid is null)
        {
            return Plain ??= new ExecutionQueue(this, avoid: null);
        }

        foreach (var queue in _avoiding)
        {
            if (queue.Avoid!.SameAs(avoid))
            {
                return queue;
            }
        }

        var made = new ExecutionQueue(this, avoid);
        _avoiding.Add(made);
        return made;
    }

    /// <summary>Forgets an empty queue of executions that avoid workers: there may be many such sets over time.</summary>
    public void Drop(ExecutionQueue queue)
    {
        if (queue.Avoid is not null)
        {
            _avoiding.Remove(queue);
        }
    }

    /// <summary>Finds the pools again after they were declared anew.</summary>
    public void Match(IEnumerable<PoolEntry> pools)
    {
        Activate(on: false);
        var matching = new List<ShapeInPool>();
        foreach (var pool in pools)
        {
            if (pool.Declared && pool.Spec.Platform.Satisfies(Platform))
            {
                matching.Add(new ShapeInPool(pool, ChargeIn(pool.Spec, Asked)));
            }
        }

        matching.Sort(static (a, b) => string.CompareOrdinal(a.Pool.Spec.Name, b.Pool.Spec.Name));
        Pools = [.. matching];
        Activate(on: true);
    }

    private void Activate(bool on)
    {
        Plain?.Activate(on && Plain.Count > 0);
        foreach (var queue in _avoiding)
        {
            queue.Activate(on && queue.Count > 0);
        }
    }
}
