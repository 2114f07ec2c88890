namespace BuildFarm.Worker.Link;

/// <summary>Waits between attempts to connect: doubling, with full jitter, so that a fleet does not come back all at once.</summary>
internal sealed class Backoff(Func<double> random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <summary>Tries since the last success.</summary>
    public int Failures { get; private set; }

    public void Reset() => Failures = 0;

    public TimeSpan Next()
    {
        var ceiling = Math.Min(Longest.Ticks, First.Ticks * (1L << Math.Min(Failures++, 20)));
        // Never nothing: a peer that refuses at once must not be asked in a tight loop.
        return TimeSpan.FromTicks((long)(ceiling * (0.1 + (0.9 * random()))));
    }
}
