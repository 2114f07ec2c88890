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
    private const int WarmUpPart = 5;
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
        await RoundAsync(engine, bare!, tasks / WarmUpPart);
        var (ours, theirs) = await RoundAsync(engine, bare!, tasks);
        Report.Header($"{tasks} distinct `true` tasks, one slot, ms a task", "what", "ms", "ratio", "aim");
        Report.Row($"{bare!.Name}, the same specification", Report.Number(theirs), "1", "");
        Report.Row("the worker's whole path", Report.Number(ours), Report.Ratio(ours, theirs), "1.5");
        return (tasks / (await bare.RunAsync(tasks, AtOnce)).TotalSeconds, await RateAsync(await engine.AssignAsync(tasks), engine, AtOnce));
    }

    /// <summary>Milliseconds a task.</summary>
    private static async Task<(double Ours, double Theirs)> RoundAsync(EngineUnderTest engine, BareRuntime bare, int tasks)
    {
        var floor = (await bare.RunAsync(tasks, 1)).TotalMilliseconds / tasks;
        return (1000 / await RateAsync(await engine.AssignAsync(tasks), engine, 1), floor);
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
