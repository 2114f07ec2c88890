namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// Whether a store at the other end of a network is worth asking. After a failure it is left alone for a while, so that nobody
/// waits for the same silence again; the first question after that decides.
/// </summary>
internal sealed class Circuit(TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TimeSpan _pause = FirstPause;
    private long _since;
    private BlobStoreUnavailableException? _failure;

    /// <summary>The failure for which the store is left alone now; null when it may be asked.</summary>
    public BlobStoreUnavailableException? Failure
    {
        get
        {
            lock (_lock)
            {
                return _failure is not null && time.GetElapsedTime(_since) < _pause ? _failure : null;
            }
        }
    }

    /// <summary>Its last answer was a failure, however long ago.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>It answered.</summary>
    /// <returns>Whether it had failed before.</returns>
    public bool Succeeded()
    {
        if (Volatile.Read(ref _failure) is null)
        {
            return false;
        }

        lock (_lock)
        {
            var wasDown = _failure is not null;
            _failure = null;
            _pause = FirstPause;
            return wasDown;
        }
    }

    /// <summary>It did not answer, or refused everything.</summary>
    /// <returns>Whether it had answered before.</returns>
    public bool Failed(BlobStoreUnavailableException failure)
    {
        lock (_lock)
        {
            var wasUp = _failure is null;
            if (!wasUp && time.GetElapsedTime(_since) < _pause)
            {
                // One of those that were under way when it went.
                return false;
            }

            _pause = wasUp ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            _failure = failure;
            _since = time.GetTimestamp();
            return wasUp;
        }
    }
}
