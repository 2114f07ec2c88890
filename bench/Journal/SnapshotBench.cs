using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Bench.Journal;

/// <summary>What a snapshot of a full queue costs whoever submits meanwhile, and what a start after it takes.</summary>
internal static class SnapshotBench
{
    private const int Jobs = 10;
    private const int TasksOfAJob = 100_000;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(string folder)
    {
        var options = new JournalOptions { Directory = Path.Combine(folder, "queued") };
        await using (var journal = new SqliteJournal(JournalOptions.JournalIn(options.Directory)))
        {
            await new JournalFiller(journal).FillQueuedAsync(Jobs, TasksOfAJob);
        }

        Report.Header($"A snapshot of {Jobs * TasksOfAJob} queued tasks, SQLite; one client submits meanwhile", "what", "value");
        Report.Row("start from the events, s", Report.Number(await JournalBench.StartAsync(options)));
        var paused = GC.GetTotalPauseDuration();
        var during = await TakeAsync(options);
        paused = GC.GetTotalPauseDuration() - paused;
        Report.Row("start from the snapshot, s", Report.Number(await JournalBench.StartAsync(options)));
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options, int.MaxValue);
        var start = TimeProvider.System.GetTimestamp();
        var without = await coordinator.SubmitTimesAsync(() => TimeProvider.System.GetElapsedTime(start) < Quiet);
        Row("during the snapshot", during);
        Row("without one", without);
        Report.Row("pauses of the garbage collector from the start to the snapshot, ms", Report.Number(paused.TotalMilliseconds, "0"));

        static void Row(string when, IReadOnlyList<double> times) => Report.Row(
            $"a submit {when}, ms: median, 99 %, longest", $"{Report.Number(times[times.Count / 2])}, {Report.Number(times[times.Count * 99 / 100])}, {Report.Number(times[^1])}");
    }

    /// <summary>Has a snapshot written by a coordinator's first submit, and returns how long submits took until it was there.</summary>
    public static async Task<IReadOnlyList<double>> TakeAsync(JournalOptions options)
    {
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options, snapshotRecords: 1);
        return await coordinator.SubmitTimesAsync(() => coordinator.Snapshots == 0);
    }
}
