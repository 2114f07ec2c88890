using System.Diagnostics;

namespace BuildFarm.Bench.Cache;

/// <summary>What some clients, each with one call at a time, got in a while.</summary>
internal sealed record Load(double PerSecond, double P50, double P99)
{
    public static async Task<Load> RunAsync(int clients, TimeSpan time, Func<Task> call)
    {
        var start = Stopwatch.GetTimestamp();
        var loops = Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var millis = new List<double>(10_000);
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                var begun = Stopwatch.GetTimestamp();
                await call();
                millis.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            return millis;
        }));
        var all = (await Task.WhenAll(loops)).SelectMany(static millis => millis).Order().ToArray();
        return new Load(all.Length / Stopwatch.GetElapsedTime(start).TotalSeconds, all[all.Length / 2], all[(int)(all.Length * 0.99)]);
    }

    public static Load Median(IReadOnlyList<Load> loads) => new(
        Report.Median(loads.Select(static load => load.PerSecond)), Report.Median(loads.Select(static load => load.P50)), Report.Median(loads.Select(static load => load.P99)));
}
