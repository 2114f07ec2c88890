using System.Diagnostics;
using System.Globalization;
using BuildFarm.Bench.EndToEnd;
using BuildFarm.TestKit;
using BuildFarm.V1;

namespace BuildFarm.Bench.Worker;

/// <summary>
/// The worker's whole path of a task that does nothing, one slot, beside the same runtime with the same specification; and what
/// each runtime sustains.
/// </summary>
internal static class WorkerBench
{
    private const int DefaultTasks = 500;
    private const int Rounds = 3;
    private const int AtOnce = 2;

    // A container of Docker takes a third of a second.
    private const int DockerTasks = 30;

    public static async Task<int> RunAsync(string[] options)
    {
        var tasks = options is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultTasks;
        var (bareRate, ociRate) = await OciAsync(tasks);
        await using var daemon = await DockerDaemon.StartAsync();
        await using var ahead = await EngineUnderTest.StartAsync(daemon, prepared: AtOnce);
        await ahead.RunAsync();
        await ahead.SettleAsync();
        var dockerRate = await RateAsync(await ahead.AssignAsync(DockerTasks), ahead, AtOnce);
        Report.Header($"Sustained, {AtOnce} at once, removal beside them", "what", "tasks", "tasks/s", "of the bare runtime's");
        Report.Row("bare runtime", $"{tasks}", Report.Number(bareRate, "0"), "1");
        Report.Row("worker, oci", $"{tasks}", Report.Number(ociRate, "0"), Report.Ratio(ociRate, bareRate));
        Report.Row("worker, docker, made ahead", $"{DockerTasks}", Report.Number(dockerRate), Report.Ratio(dockerRate, bareRate));
        return 0;
    }

    private static async Task<(double Bare, double Oci)> OciAsync(int tasks)
    {
        await using var engine = await EngineUnderTest.StartAsync();
        BareRuntime? bare = null;
        await engine.WhileRunningAsync(async () => bare = await BareRuntime.TakeFromAsync(engine.Host));
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            // The first round only warms up.
            var count = round == 0 ? tasks / 5 : tasks;
            var floor = (await bare!.RunAsync(count, 1)).TotalSeconds;
            var whole = count / await RateAsync(await engine.AssignAsync(count), engine, 1);
            if (round == 0)
                continue;
            theirs.Add(floor * 1000 / count);
            ours.Add(whole * 1000 / count);
        }

        Report.Header($"{tasks} distinct `true` tasks, one slot, ms a task: median of {Rounds} rounds", "what", "ms", "ratio", "aim");
        Report.Row($"{bare!.Name}, the same specification", Report.Number(Report.Median(theirs)), "1", "");
        Report.Row("the worker's whole path", Report.Number(Report.Median(ours)), Report.Ratio(Report.Median(ours), Report.Median(theirs)), "1.5");
        return (tasks / (await bare.RunAsync(tasks, AtOnce)).TotalSeconds, await RateAsync(await engine.AssignAsync(tasks), engine, AtOnce));
    }

    /// <summary>Until the last has been removed too: a debt would be paid by the next.</summary>
    private static async Task<double> RateAsync(IReadOnlyList<Assignment> assignments, EngineUnderTest engine, int atOnce)
    {
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(assignments, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (assignment, _) => await engine.RunAsync(assignment));
        await engine.SettleAsync();
        return assignments.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
