namespace Grpc.Net.Client.Retries;

/// <summary>Waits that grow by a factor up to a ceiling, each made up to a fifth shorter or longer so that clients do not come back all at once.</summary>
internal sealed class Backoff(TimeSpan initial, TimeSpan max, double multiplier, Func<double> randomness)
{
    private const double Jitter = 0.2;

    /// <summary>The wait after the <paramref name="failures"/>th failure in a row, from 1.</summary>
    public TimeSpan DelayAfter(int failures)
    {
        var exact = Math.Min(initial.TotalMilliseconds * Math.Pow(multiplier, failures - 1), max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(exact * (1 - Jitter + (2 * Jitter * randomness())));
    }
}
