namespace BuildFarm.Worker.Link;

/// <summary>Waits between attempts to connect: doubling, with full jitter, so that a fleet does not come back all at once.</summary>
/// <param name="random">Numbers from 0 up to but without 1.</param>
/// <param name="longest">The longest wait; null for 15 s.</param>
internal sealed class Backoff(Func<double> random, TimeSpan? longest = null)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private readonly TimeSpan _longest = longest ?? TimeSpan.FromSeconds(15);

    /// <summary>Tries since the last success.</summary>
    public int Failures { get; private set; }

    public void Reset() => Failures = 0;

    public TimeSpan Next()
    {
        var ceiling = Math.Min(_longest.Ticks, First.Ticks * (1L << Math.Min(Failures++, 20)));
        // Never nothing: a peer that refuses at once must not be asked in a tight loop.
        return TimeSpan.FromTicks((long)(ceiling * (0.1 + (0.9 * random()))));
    }
}
