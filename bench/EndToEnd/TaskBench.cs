using System.Globalization;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Bench.EndToEnd;

/// <summary>
/// Distinct, uncached <c>true</c> tasks as one job through the real farm on two slots, beside xargs running the same
/// runtime with the same specification. The difference is all that a farm adds to a container.
/// </summary>
internal static class TaskBench
{
    private const int MeasuredRounds = 3;
    private const int DefaultTasks = 1000;

    public static async Task<int> RunAsync(string[] options)
    {
        var tasks = options is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : DefaultTasks;
        await using var farm = await FarmUnderTest.StartAsync();
        var client = new JobClient(farm.Channel);
        await client.UploadInputAsync();
        var bare = await BareRuntime.TakeFromAsync(farm);

        var ours = new List<FarmRound>();
        var theirs = new List<double>();
        for (var round = 0; round <= MeasuredRounds; round++)
        {
            var floor = (await bare.RunAsync(tasks, FarmUnderTest.Slots)).TotalSeconds;
            var measured = await FarmRoundAsync(farm, client, round, tasks);
            // The first round only warms up.
            if (round > 0)
            {
                theirs.Add(floor);
                ours.Add(measured);
            }
        }

        Print(tasks, bare.Name, ours, Report.Median(theirs));
        return 0;
    }

    private static async Task<FarmRound> FarmRoundAsync(FarmUnderTest farm, JobClient client, int round, int tasks)
    {
        var templates = Enumerable.Range(0, tasks).Select(i => JobClient.Template($"true-{i}", $"{round}-{i}", cached: false, "true")).ToArray();
        var (farmCpu, clientCpu) = (farm.CpuTime, Environment.CpuUsage.TotalTime);
        var run = await client.RunAsync(templates);
        (farmCpu, clientCpu) = (farm.CpuTime - farmCpu, Environment.CpuUsage.TotalTime - clientCpu);
        if (run.Summary.FromCache != 0 || run.Summary.Attempts != tasks)
        {
            throw new InvalidOperationException($"not every task ran once: {run.Summary}");
        }

        var usages = await client.UsagesAsync(run.Id);
        return new FarmRound(
            run.Elapsed.TotalSeconds,
            Median(usages, usage => usage.InputFetchTime),
            Median(usages, usage => usage.WallTime),
            Median(usages, usage => usage.OutputUploadTime),
            farmCpu.TotalMilliseconds / tasks,
            clientCpu.TotalMilliseconds / tasks);
    }

    private static void Print(int tasks, string runtime, List<FarmRound> rounds, double floor)
    {
        var seconds = Report.Median(rounds.Select(round => round.Seconds));
        Report.Header(
            $"Tasks: {tasks} distinct, uncached `true` on {FarmUnderTest.Slots} slots; median of {MeasuredRounds} rounds", "figure", "BuildFarm", $"xargs -P{FarmUnderTest.Slots} {runtime}", "ratio");
        Report.Row("seconds (less is better)", Report.Number(seconds), Report.Number(floor), Report.Ratio(seconds, floor));
        Report.Row("tasks/s (more is better)", Report.Number(tasks / seconds, "0"), Report.Number(tasks / floor, "0"), Report.Ratio(tasks / seconds, tasks / floor));

        Report.Header("Where a slot's time goes: medians, ms a task", "part", "BuildFarm", runtime);
        var slot = 1000 * FarmUnderTest.Slots / (double)tasks;
        var (input, container, output) = (Middle(round => round.Input), Middle(round => round.Container), Middle(round => round.Output));
        Report.Row("input", Report.Number(input), "");
        Report.Row("container, start to removal", Report.Number(container), Report.Number(floor * slot));
        Report.Row("output", Report.Number(output), "");
        Report.Row("until the next one starts", Report.Number((seconds * slot) - input - container - output), "");
        Report.Row("all", Report.Number(seconds * slot), Report.Number(floor * slot));
        Report.Row("CPU of the farm's process", Report.Number(Middle(round => round.FarmCpu)), "");
        Report.Row("CPU of the watching client", Report.Number(Middle(round => round.ClientCpu)), "");

        double Middle(Func<FarmRound, double> pick) => Report.Median(rounds.Select(pick));
    }

    private static double Median(IReadOnlyList<ResourceUsage> usages, Func<ResourceUsage, Duration> pick) =>
        Report.Median(usages.Select(usage => pick(usage).ToTimeSpan().TotalMilliseconds));

    /// <summary>What one round gives; all but the first in milliseconds a task.</summary>
    private sealed record FarmRound(double Seconds, double Input, double Container, double Output, double FarmCpu, double ClientCpu);
}
