namespace BuildFarm.Hosting.Health;

/// <summary>
/// Whether traffic should come here. Components take a gate at construction and open it once they can serve; stopping
/// closes everything for good. Liveness is another question and depends on nothing but the process itself.
/// </summary>
public sealed class Readiness
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private bool _stopping;

    /// <summary>Raised, outside any lock, when the answer may have changed.</summary>
    public event Action? Changed;

    /// <summary>True when every gate is open and the process is not stopping.</summary>
    public bool IsReady
    {
        get
        {
            lock (_gate)
            {
                return !_stopping && _closed.Count == 0;
            }
        }
    }

    /// <summary>One line that says why traffic should not come, or "ready".</summary>
    public string Describe()
    {
        lock (_gate)
        {
            return _stopping ? "stopping"
                : _closed.Count == 0 ? "ready"
                : $"waiting for {string.Join(", ", _closed.Order(StringComparer.Ordinal))}";
        }
    }

    /// <summary>Closes the gate <paramref name="name"/>, which is what the process then waits for.</summary>
    public void Close(string name)
    {
        lock (_gate)
        {
            _closed.Add(name);
        }

        Changed?.Invoke();
    }

    /// <summary>Opens the gate <paramref name="name"/>.</summary>
    public void Open(string name)
    {
        lock (_gate)
        {
            _closed.Remove(name);
        }

        Changed?.Invoke();
    }

    /// <summary>The process is going away: not ready from now on.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        Changed?.Invoke();
    }
}
