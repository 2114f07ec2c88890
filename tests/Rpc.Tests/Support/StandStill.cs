namespace BuildFarm.Rpc.Tests.Support;

/// <summary>
/// Waits until something no longer moves, measured in round trips to the server instead of time: whoever could still go on would have done so while so many calls were made and answered.
/// </summary>
internal static class StandStill
{
    private const int RoundTrips = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Waits until <paramref name="progress"/> is above zero and stays the same during <see cref="RoundTrips"/> calls of <paramref name="roundTrip"/>.</summary>
    public static async Task OfAsync(Func<long> progress, Func<Task> roundTrip)
    {
        using var guard = new CancellationTokenSource(Limit);
        long seen;
        do
        {
            seen = progress();
            for (var i = 0; i < RoundTrips; i++)
            {
                await roundTrip().WaitAsync(guard.Token);
            }
        }
        while (seen == 0 || progress() != seen);
    }
}
