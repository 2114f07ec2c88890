namespace BuildFarm.Cli.Runs;

/// <summary>
/// When to ask a farm again whose queue is full: after what it asks for, twice as long each time up to eight times, and each wait
/// somewhere between half of that and all of it, so that a crowd that was refused at once does not come back at once.
/// </summary>
/// <param name="patience">How long in all.</param>
/// <param name="chance">Between 0 and 1, anew for each wait.</param>
public sealed class RoomWait(TimeSpan patience, Func<double> chance)
{
    private const int LongestFactor = 8;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private TimeSpan _waited;
    private int _factor = 1;

    /// <summary>The next wait; null when it would pass the bound.</summary>
    /// <param name="asked">What the farm asked for.</param>
    public TimeSpan? Next(TimeSpan asked)
    {
        var most = (asked > Least ? asked : Least) * _factor;
        var wait = most * (0.5 + (0.5 * chance()));
        if (_waited + wait > patience)
        {
            return null;
        }

        _waited += wait;
        _factor = Math.Min(_factor * 2, LongestFactor);
        return wait;
    }
}
