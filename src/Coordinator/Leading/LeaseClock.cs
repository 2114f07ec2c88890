namespace BuildFarm.Coordinator.Leading;

/// <summary>How long a lease may be relied on, by the monotonic clock, which also runs while the process is stopped.</summary>
internal sealed class LeaseClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _usable;
    private readonly ITimer _end;
    private readonly Lock _gate = new();
    private long _asked;
    private bool _running;

    /// <param name="time">The clock.</param>
    /// <param name="usable">How long after it was asked for a lease may be relied on.</param>
    /// <param name="ended">Called when that is over.</param>
    public LeaseClock(TimeProvider time, TimeSpan usable, Action ended)
    {
        _time = time;
        _usable = usable;
        _end = time.CreateTimer(_ => ended(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True while it may be relied on.</summary>
    public bool Runs
    {
        get
        {
            lock (_gate)
            {
                return _running && _time.GetElapsedTime(_asked) < _usable;
            }
        }
    }

    /// <summary>The lease was granted or renewed; the question was put at this time stamp.</summary>
    public void Restart(long asked)
    {
        lock (_gate)
        {
            (_asked, _running) = (asked, true);
            var left = _usable - _time.GetElapsedTime(asked);
            _end.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The lease is given back.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _running = false;
            _end.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _end.Dispose();
}
