using System.Globalization;
using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Bench.Journal;

/// <summary>
/// What a snapshot of a full queue costs whoever submits meanwhile, and what a start after it takes. Each life of the coordinator
/// is a process of its own, as it is in a farm: none pays for the garbage of the one before.
/// </summary>
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
        foreach (var life in new[] { "starts from the events", "takes a snapshot", "starts from the snapshot", "takes no snapshot" })
        {
            Console.Write(await ChildProcess.OutputOfAsync(Environment.ProcessPath!, "journal", "life", options.Directory, life));
        }
    }

    /// <summary>One life of a coordinator, in a process of its own; prints its rows.</summary>
    public static async Task LiveAsync(string folder, string life)
    {
        using var pauses = new CollectorPauses();
        var options = new JournalOptions { Directory = folder };
        var takes = string.Equals(life, "takes a snapshot", StringComparison.Ordinal);
        if (!life.StartsWith("starts", StringComparison.Ordinal))
        {
            await WarmUpAsync();
        }

        var start = TimeProvider.System.GetTimestamp();
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options, takes ? 1 : int.MaxValue);
        var started = TimeProvider.System.GetElapsedTime(start);
        if (life.StartsWith("starts", StringComparison.Ordinal))
        {
            var (_, paused, _) = pauses.Read();
            Report.Row($"{life}, s; of them pauses of the collector, s", $"{Report.Number(started.TotalSeconds)}; {Report.Number(paused / 1000)}");
            Report.Row("memory after it, MiB: resident, most resident", $"{Environment.WorkingSet >> 20}, {PeakOf()}");
            return;
        }

        pauses.Clear();
        using var probing = new CancellationTokenSource();
        var probe = coordinator.ProbeLoopAsync(probing.Token);
        start = TimeProvider.System.GetTimestamp();
        var submits = await coordinator.SubmitTimesAsync(() => takes ? coordinator.Snapshots == 0 : TimeProvider.System.GetElapsedTime(start) < Quiet);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        var (count, sum, longest) = pauses.Read();
        await probing.CancelAsync();
        var answers = await probe;
        Report.Row($"{life}, s", Report.Number(elapsed.TotalSeconds));
        Report.Row("a question to the loop, ms: median, 99 %, longest", Times(answers));
        Report.Row("a submit, ms: median, 99 %, longest", Times(submits));
        Report.Row("pauses of the collector, ms: longest, sum, number", $"{Report.Number(longest)}, {Report.Number(sum, "0")}, {count}");
    }

    /// <summary>Has the code of a submit compiled, so that the longest is not the first.</summary>
    private static async Task WarmUpAsync()
    {
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options: null);
        using var probing = new CancellationTokenSource();
        var probe = coordinator.ProbeLoopAsync(probing.Token);
        await coordinator.SubmitsPerSecondAsync(clients: 1, TimeSpan.FromSeconds(2));
        await probing.CancelAsync();
        await probe;
    }

    /// <summary>Has a snapshot written by a coordinator's first submit.</summary>
    public static async Task TakeAsync(JournalOptions options)
    {
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options, snapshotRecords: 1);
        await coordinator.SubmitTimesAsync(() => coordinator.Snapshots == 0);
    }

    private static string Times(IReadOnlyList<double> sorted) =>
        $"{Report.Number(sorted[sorted.Count / 2])}, {Report.Number(sorted[sorted.Count * 99 / 100])}, {Report.Number(sorted[^1])}";

    private static string PeakOf() =>
        (long.Parse(File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))[6..^2], CultureInfo.InvariantCulture) >> 10).ToString(CultureInfo.InvariantCulture);
}
