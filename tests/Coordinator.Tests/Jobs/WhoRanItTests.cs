using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Scheduling;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Xunit;
using Outcome = BuildFarm.V1.Outcome;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>Every attempt says who ran it, also one that has no result to say it.</summary>
public sealed class WhoRanItTests : IDisposable
{
    private static readonly Completion NoRuntime = new() { Outcome = Outcome.Infrastructure, Message = "no runtime" };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Attempts_ThatFailedInEachWay_SayWhoRanThem()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var first = await LinkAsync(farm, "w1");
        var template = TestFarm.Template("a");
        template.Retries = 1;
        var job = await farm.SubmitAsync(template);
        await first.CompleteAsync(await first.NextAssignmentAsync(), NoRuntime);
        await first.CompleteAsync(await first.NextAssignmentAsync(), FakeWorker.Failure(3));
        await first.CompleteAsync(await first.NextAssignmentAsync(), new Completion { Outcome = Outcome.OutOfMemory, Message = "needed more" });
        var last = await first.NextAssignmentAsync();
        await farm.WatchUntilAsync(job, static e => e.Task is { State: V1.TaskState.Running, Attempt: 4 });
        var running = (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job, ExplainTask = "a" })).Tasks[0];
        await first.CompleteAsync(last);
        var ended = (await farm.FinishAsync(job)).Tasks[0];

        (long, AttemptEnd, string)[] expected =
        [
            (1, AttemptEnd.Infrastructure, "no runtime"), (2, AttemptEnd.Failed, "exited with 3"), (3, AttemptEnd.OutOfMemory, "needed more; it runs once more with 2 GiB"),
        ];
        Assert.Equal(expected, ended.Attempts.Select(attempt => (attempt.Number, attempt.End, attempt.Message)));
        Assert.Equal([.. expected.Select(attempt => attempt.Item2), AttemptEnd.Unspecified], running.Attempts.Select(attempt => attempt.End));
        Assert.All(running.Attempts.Concat(ended.Attempts), attempt => Assert.Equal(("w1", FactsOf("w1")), (attempt.Worker, attempt.RanOn)));
        Assert.All(ended.Attempts, attempt => Assert.NotNull(attempt.StartedAt));
    }

    [Fact]
    public async Task Attempt_ThatIsCancelled_SaysWhoRanIt()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await LinkAsync(farm, "w1");
        var job = await farm.SubmitAsync(TestFarm.Template("a"), TestFarm.Template("b"));
        V1.Assignment[] both = [await worker.NextAssignmentAsync(), await worker.NextAssignmentAsync()];
        await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, TaskNames = { "a" } });
        await worker.CompleteAsync(both.Single(assignment => assignment.DisplayName.EndsWith('b')));
        var ended = await farm.FinishAsync(job);

        var attempt = Assert.Single(ended.Tasks[0].Attempts);
        Assert.Equal((Outcome.Cancelled, AttemptEnd.WithTask, FactsOf("w1")), (ended.Tasks[0].Outcome, attempt.End, attempt.RanOn));
        Assert.Empty(ended.Tasks[1].Attempts);
    }

    [Fact]
    public async Task Attempt_WhoseWorkerIsLostForGood_SaysWhoRanIt()
    {
        await using var farm = await TestFarm.StartAsync(options => options.UnlinkGrace = TimeSpan.FromMilliseconds(50));
        var job = await farm.SubmitAsync(TestFarm.Template("a"));
        for (var i = 1; i <= 3; i++)
        {
            await using var worker = await LinkAsync(farm, $"w{i}");
            await worker.NextAssignmentAsync();
        }

        var ended = (await farm.FinishAsync(job)).Tasks[0];

        Assert.Equal(Outcome.Infrastructure, ended.Outcome);
        Assert.Equal([FactsOf("w1"), FactsOf("w2"), FactsOf("w3")], ended.Attempts.Select(attempt => attempt.RanOn));
    }

    [Fact]
    public async Task Attempts_BeforeARestart_AreKnownAfterItAndInTheHistory()
    {
        string job;
        await using (var farm = await StartAsync())
        {
            await using var worker = await LinkAsync(farm, "w1");
            job = await farm.SubmitAsync(TestFarm.Template("a"), TestFarm.Template("b"));
            await worker.CompleteAsync(await worker.NextAssignmentAsync(), NoRuntime);
            await farm.WatchUntilAsync(job, e => e.Task is { InfrastructureLosses: 1 });
            await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, TaskNames = { "b" } });
            await farm.WatchUntilAsync(job, e => e.Task is { Name: "b", State: TaskState.Finished });
        }

        await using (var farm = await StartAsync())
        {
            var found = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job });
            Assert.All(found.Tasks.SelectMany(task => task.Attempts), attempt => Assert.Equal(FactsOf("w1"), attempt.RanOn));
            Assert.NotEmpty(found.Tasks.SelectMany(task => task.Attempts));
            // Another process of that name, on another machine: what ran on the first still says so.
            await using var worker = await LinkAsync(farm, "w1", "w2");
            _ = worker.RunAllAsync(_ => FakeWorker.Success());
            Assert.True((await farm.FinishAsync(job)).Tasks.Sum(Known) >= found.Tasks.Sum(Known));
        }

        // Nothing is left but what the history has.
        await using var again = await StartAsync();
        var kept = await again.Jobs.GetJobAsync(new GetJobRequest { JobId = job });
        Assert.All(kept.Tasks, task => Assert.NotEqual(0, Known(task)));
    }

    [Fact]
    public async Task Attempts_InASnapshot_AreThoseOfAllRecords()
    {
        var memory = new VolatileJournalMemory();
        string job;
        await using (var farm = await TestFarm.StartAsync(journal: new VolatileJournal(memory)))
        {
            await using var worker = await LinkAsync(farm, "w1", cpuMillis: 1000);
            job = await farm.SubmitAsync(TestFarm.Template("lost"), TestFarm.Template("runs"), TestFarm.Template("gone"));
            var first = await worker.NextAssignmentAsync();
            await worker.CompleteAsync(first, NoRuntime);
            await farm.WatchUntilAsync(job, e => e.Task is { InfrastructureLosses: 1 });
            await worker.NextAssignmentAsync();
            await farm.WatchUntilAsync(job, e => e.Task is { State: TaskState.Running, Attempt: 2 } or { Name: "runs" or "gone", State: TaskState.Running });
            await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, TaskNames = { "lost" } });
            await farm.WatchUntilAsync(job, e => e.Task is { Name: "lost", State: TaskState.Finished });
        }

        var all = new JournalReplay(new SchedulerState());
        var journal = new VolatileJournal(memory.Copy());
        await journal.OpenAsync(CancellationToken.None);
        await foreach (var record in journal.ReadAsync(CancellationToken.None))
        {
            all.Apply(new EventCodec().Decode(record));
        }

        var restored = new JournalReplay(new SchedulerState());
        foreach (var entry in all.Snapshot())
        {
            restored.Apply(entry);
        }

        var expected = all.State.TasksOf(new JobId(job)).Select(all.AttemptsOf).ToList();
        Assert.Contains(expected, attempts => attempts is [{ RanOn: not null }, ..]);
        Assert.Equal(expected, restored.State.TasksOf(new JobId(job)).Select(restored.AttemptsOf));
        Assert.Equal(Facts(all), Facts(restored));
    }

    private static int Known(V1.Task task) => task.Attempts.Count(attempt => FactsOf("w1").Equals(attempt.RanOn));

    private static IReadOnlyList<string> Facts(JournalReplay replay) =>
        [.. replay.Snapshot().Select(entry => entry.Fact).OfType<JournalFact>().Select(fact => fact is AttemptsNoted noted ? $"{noted} {string.Join(' ', noted.Attempts)}" : $"{fact}").Order(StringComparer.Ordinal)];

    private static AttemptFacts FactsOf(string worker) => new()
    {
        Host = new HostFacts { Hostname = $"node-of-{worker}", Kernel = "6.18", CpuModel = "an old one", CpuCount = 4, MemoryBytes = 8L << 30 },
        AgentVersion = "1.2.3",
        Environment = "root-1",
        Runtime = "fake",
        Image = "debian sha256:0123",
    };

    private static Task<FakeWorker> LinkAsync(TestFarm farm, string name, string? process = null, long cpuMillis = 2000)
    {
        var offer = FakeWorker.Offer(cpuMillis: cpuMillis);
        var facts = FactsOf(process ?? name);
        (offer.Host, offer.AgentVersion, offer.Image) = (facts.Host, facts.AgentVersion, facts.Image);
        return FakeWorker.LinkAsync(farm.Channel, name, $"i-{process ?? name}", offer);
    }

    private Task<TestFarm> StartAsync() => TestFarm.StartAsync(
        options => options.UnlinkGrace = TimeSpan.FromMilliseconds(50),
        new SqliteJournal(_folder.File("journal.db")),
        history: new SqliteJobHistory(_folder.File("history.db"), 1000));
}
