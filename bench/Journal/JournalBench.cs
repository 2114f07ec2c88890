using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.TestKit;

namespace BuildFarm.Bench.Journal;

/// <summary>
/// What durability costs: acknowledged submits a second over each journal, beside what one synced write at a time would
/// allow, and how long a restart takes. Clients and coordinator share this process.
/// </summary>
internal static class JournalBench
{
    private const int ReplayedEvents = 1_000_000;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);
    private static readonly int[] ClientCounts = [1, 256];

    public static async Task<int> RunAsync(string[] options)
    {
        if (options is ["life", var journal, var life])
        {
            await SnapshotBench.LiveAsync(journal, life);
            return 0;
        }

        var folder = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        try
        {
            if (options is [] or ["submits"])
            {
                await SubmitsAsync(folder);
            }

            if (options is [] or ["replay"])
            {
                await ReplayAsync(folder);
            }

            if (options is [] or ["snapshot"])
            {
                await SnapshotBench.RunAsync(folder);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task SubmitsAsync(string folder)
    {
        await using var server = await PostgresServer.StartAsync();
        var floor = Floors.SyncsPerSecond(folder, Length);
        var sqlite = await SubmitsAsync(clients => new JournalOptions { Directory = Path.Combine(folder, $"sqlite-{clients}") });
        var insertFloor = await Floors.InsertsPerSecondAsync(new JournalOptions { Postgres = await server.SchemaAsync() }, Length);
        var schemas = new Queue<string>();
        foreach (var _ in ClientCounts)
        {
            schemas.Enqueue(await server.SchemaAsync());
        }

        var postgres = await SubmitsAsync(_ => new JournalOptions { Postgres = schemas.Dequeue() });
        var volatiles = await SubmitsAsync(_ => null);

        Report.Header("Acknowledged submits a second, jobs of one task, every acknowledgement synced", "journal", "1 client", "256 clients", "floor: one writer, synced", "1 client / floor", "256 clients / floor");
        Row("SQLite", sqlite, floor);
        Row("PostgreSQL", postgres, insertFloor);
        Report.Row("none (in memory)", Report.Number(volatiles[0], "0"), Report.Number(volatiles[1], "0"), "", "", "");

        static void Row(string name, IReadOnlyList<double> submits, double floor) => Report.Row(
            name, Report.Number(submits[0], "0"), Report.Number(submits[1], "0"), Report.Number(floor, "0"), Report.Ratio(submits[0], floor), Report.Ratio(submits[1], floor));
    }

    private static async Task<IReadOnlyList<double>> SubmitsAsync(Func<int, JournalOptions?> options)
    {
        var submits = new List<double>();
        foreach (var clients in ClientCounts)
        {
            await using var coordinator = await CoordinatorUnderTest.StartAsync(options(clients));
            submits.Add(await coordinator.SubmitsPerSecondAsync(clients, Length));
        }

        return submits;
    }

    private static async Task ReplayAsync(string folder)
    {
        var options = new JournalOptions { Directory = Path.Combine(folder, "replay") };
        var path = JournalOptions.JournalIn(options.Directory);
        JournalFiller filler;
        await using (var journal = new SqliteJournal(path))
        {
            filler = new JournalFiller(journal);
            await filler.FillAsync(ReplayedEvents);
        }

        Report.Header($"A journal of {filler.Events} events, {filler.Bytes >> 20} MiB of records, SQLite", "what", "seconds");
        Report.Row("read, check and decode", Report.Number(await ReadAsync(path, replay: null)));
        Report.Row("the same, and apply to the state", Report.Number(await ReadAsync(path, new JournalReplay(new SchedulerState()))));
        Report.Row("start of a coordinator whose history has no job of it", Report.Number(await StartAsync(options)));
        Report.Row("start of a coordinator whose history has them", Report.Number(await StartAsync(options)));
        await SnapshotBench.TakeAsync(options);
        Report.Row("start of a coordinator after a snapshot", Report.Number(await StartAsync(options)));
    }

    private static async Task<double> ReadAsync(string path, JournalReplay? replay)
    {
        var codec = new EventCodec();
        var start = TimeProvider.System.GetTimestamp();
        await using var journal = new SqliteJournal(path);
        await journal.OpenAsync(CancellationToken.None);
        await foreach (var record in journal.ReadAsync(CancellationToken.None))
        {
            var entry = codec.Decode(record);
            replay?.Apply(entry);
        }

        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    internal static async Task<double> StartAsync(JournalOptions options)
    {
        var start = TimeProvider.System.GetTimestamp();
        await using var coordinator = await CoordinatorUnderTest.StartAsync(options);
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }
}
