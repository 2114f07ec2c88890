namespace BuildFarm.Coordinator;

/// <summary>
/// When a task that takes too long is given to a second worker too. Only cacheable tasks are, whose recorded or expected time is known,
/// and only where nothing waits.
/// </summary>
public sealed class CopyOptions
{
    /// <summary>How many times as long as expected a task runs before that; 0 means never.</summary>
    public double Factor { get; set; } = 3;

    /// <summary>How long any task runs before that.</summary>
    public TimeSpan Minimum { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of a pool's CPU, how much second attempts may hold together; one is always allowed.</summary>
    public int Percent { get; set; } = 10;

    internal IEnumerable<string> FindProblems()
    {
        if (double.IsNaN(Factor) || Factor is < 0 or (> 0 and < 1))
        {
            yield return $"{nameof(Factor)}: {Factor} is neither 0 nor at least 1";
        }

        if (Minimum < TimeSpan.Zero)
        {
            yield return $"{nameof(Minimum)}: {Minimum} is negative";
        }

        if (Percent is < 0 or > 100)
        {
            yield return $"{nameof(Percent)}: {Percent} is not between 0 and 100";
        }
    }
}
