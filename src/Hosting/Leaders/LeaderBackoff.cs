namespace BuildFarm.Hosting.Leaders;

/// <summary>Pauses of one caller between coordinators that do not lead: doubling, with jitter, and never long.</summary>
internal sealed class LeaderBackoff(Func<double> random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>A redirect needs no pause, but two standbys that name each other do.</summary>
    private const int FreeHops = 2;

    private int _pauses;
    private int _hops;

    /// <summary>The pause before the next try.</summary>
    public TimeSpan Next(bool redirected)
    {
        if (redirected && _hops++ < FreeHops)
        {
            return TimeSpan.Zero;
        }

        _hops = 0;
        var ceiling = Math.Min(Longest.Ticks, First.Ticks << Math.Min(_pauses++, 10));
        return TimeSpan.FromTicks((long)(ceiling * (0.5 + (0.5 * random()))));
    }
}
