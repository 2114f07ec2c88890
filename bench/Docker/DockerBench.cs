using System.Diagnostics;
using System.Globalization;
using BuildFarm.Bench.Worker;
using BuildFarm.TestKit;

namespace BuildFarm.Bench.Docker;

/// <summary>
/// A task in a container of a Docker daemon, from its assignment to its exit, beside create, start and wait of the same container
/// over the daemon's API; then how many of each there can be in a second.
/// </summary>
internal static class DockerBench
{
    private const int DefaultCount = 20;
    private const int AtOnce = 2;

    public static async Task<int> RunAsync(string[] options)
    {
        var count = options is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultCount;
        await using var daemon = await DockerDaemon.StartAsync();
        using var api = await BareContainers.StartAsync(daemon);
        await using var cold = await EngineUnderTest.StartAsync(daemon, prepared: 0);
        await using var ahead = await EngineUnderTest.StartAsync(daemon, prepared: AtOnce);
        var (bare, coldTimes, aheadTimes) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = -2; i < count; i++)
        {
            var round = (await api.RunAsync(), await cold.RunAsync(), await ahead.RunAsync());
            // Nothing is made or removed while the next is measured.
            await api.RemoveAllAsync();
            await cold.SettleAsync();
            await ahead.SettleAsync();
            // The first rounds only warm up.
            if (i < 0)
                continue;
            bare.Add(round.Item1.TotalMilliseconds);
            coldTimes.Add(round.Item2.TotalMilliseconds);
            aheadTimes.Add(round.Item3.TotalMilliseconds);
        }

        var floor = Report.Median(bare);
        Report.Header($"`true` in a container of its own, ms: medians of {count}, one after the other", "what", "ms", "ratio", "aim");
        Report.Row("create, start and wait over the API", Report.Number(floor), "1", "");
        Report.Row("assignment to exit, cold", Report.Number(Report.Median(coldTimes)), Report.Ratio(Report.Median(coldTimes), floor), "1.1");
        Report.Row("assignment to exit, made ahead", Report.Number(Report.Median(aheadTimes)), Report.Ratio(Report.Median(aheadTimes), floor), "0.35");

        var tasks = 2 * count;
        var bareRate = await RateAsync(tasks, async () => { await api.RunAsync(); await api.RemoveOneAsync(); });
        var coldRate = await RateAsync(tasks, cold.RunAsync);
        await cold.SettleAsync();
        var aheadRate = await RateAsync(tasks, ahead.RunAsync);
        Report.Header($"Sustained, {AtOnce} at once, {tasks} tasks, removal beside them", "what", "tasks/s", "ratio");
        Report.Row("create, start, wait and remove over the API", Report.Number(bareRate), "1");
        Report.Row("worker, cold", Report.Number(coldRate), Report.Ratio(coldRate, bareRate));
        Report.Row("worker, made ahead", Report.Number(aheadRate), Report.Ratio(aheadRate, bareRate));
        return 0;
    }

    private static async Task<double> RateAsync(int tasks, Func<Task> runAsync)
    {
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => await runAsync());
        return tasks / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
