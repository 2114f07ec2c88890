using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// What was found out about inputs when they were checked, for when their tasks are resolved: where most of their bytes lie. Remembers
/// the newest roots; what it has forgotten, or never knew because another coordinator checked it, only makes placement a little worse.
/// </summary>
public sealed class InputCores
{
    /// <summary>Roots that are remembered.</summary>
    public const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Digest> _cores = [];
    private readonly Queue<Digest> _order = new();

    /// <summary>These roots were walked.</summary>
    public void Learn(InputWeights weights, IEnumerable<Digest> roots)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(roots);
        foreach (var root in roots.Take(Most))
        {
            if (!root.IsEmptyBlob && weights.FindCore(root) is { } core && core != root)
            {
                Add(root, core);
            }
        }
    }

    /// <summary>Where most of a root's bytes lie; the root when they are spread or that is not known.</summary>
    public Digest Of(Digest root)
    {
        lock (_gate)
        {
            return _cores.GetValueOrDefault(root, root);
        }
    }

    private void Add(Digest root, Digest core)
    {
        lock (_gate)
        {
            if (_cores.TryAdd(root, core))
            {
                _order.Enqueue(root);
                if (_order.Count > Most)
                {
                    _cores.Remove(_order.Dequeue());
                }
            }
        }
    }
}
