using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Scheduling;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class SnapshotTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<byte[]> _all = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SnapshotAndTail_Replayed_GiveWhatAllRecordsGive()
    {
        for (var life = 0; life < 3; life++)
        {
            await using var farm = await StartAsync();
            await using (var worker = await FakeWorker.LinkAsync(farm.Channel, incarnation: $"i{life}"))
            {
                _ = worker.RunAllAsync(_ => FakeWorker.Success());
                await RunAsync(farm, jobs: 25);
            }

            await farm.SubmitAsync(TestFarm.Template("stays"), TestFarm.Template("waits"));
            await SnapshotAsync(farm);
        }

        var expected = new JournalReplay(new SchedulerState());
        _all.ForEach(record => expected.Apply(new EventCodec().Decode(record)));
        var actual = new JournalReplay(new SchedulerState());
        await using var journal = new SqliteJournal(_folder.File("journal.db"));
        var start = await journal.OpenAsync(CancellationToken.None);
        await foreach (var record in journal.ReadSnapshotAsync(CancellationToken.None).Concat(journal.ReadAsync(CancellationToken.None)))
        {
            actual.Apply(new EventCodec().Decode(record));
        }

        Assert.True(start.Snapshot.Number > 0);
        Assert.Equal(_all.Count, start.End.Number);
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(StateFingerprint.Describe(expected.State), StateFingerprint.Describe(actual.State));
        Assert.All(expected.State.Jobs(), job => Assert.Equal(expected.RequestOf(job.Id), actual.RequestOf(job.Id)));
    }

    [Fact]
    public async Task Restart_FromASnapshot_KeepsUnfinishedJobsAndTheirResults()
    {
        string job;
        await using (var farm = await StartAsync())
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
            var second = TestFarm.Template("second");
            second.Needs.Add("first");
            job = await farm.SubmitAsync(TestFarm.Template("first"), second);
            await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Success(("out", await farm.PutTextAsync("x"))));
            await worker.NextAssignmentAsync();
            await using var other = await FakeWorker.LinkAsync(farm.Channel, "w2", "i2");
            _ = other.RunAllAsync(_ => FakeWorker.Success());
            await RunAsync(farm, jobs: 25);
            await SnapshotAsync(farm);
        }

        await using var again = await StartAsync();
        await again.PutTextAsync("x");
        await using var back = await FakeWorker.LinkAsync(again.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        await back.CompleteAsync(await back.NextAssignmentAsync());
        var finished = await again.FinishAsync(job);

        Assert.Equal((2, 2), (finished.Summary.Succeeded, finished.Summary.Attempts));
        Assert.Equal("out", finished.Tasks[0].Result.OutputFiles.Single().Path);
        Assert.Equal(26, (await again.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs.Count);
    }

    private static async Task RunAsync(TestFarm farm, int jobs)
    {
        for (var i = 0; i < jobs; i++)
        {
            var job = await farm.SubmitAsync(TestFarm.Template($"task {i}", "run", $"{i}"));
            await farm.WatchAsync(job);
        }
    }

    private static async Task SnapshotAsync(TestFarm farm)
    {
        var shadow = farm.Server.Services.GetRequiredService<JournalShadow>();
        using var guard = new CancellationTokenSource(TestFarm.Patience);
        while (shadow.Snapshots == 0)
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<TestFarm> StartAsync() => TestFarm.StartAsync(
        options => options.SnapshotRecords = 60,
        new RecordingJournal(new SqliteJournal(_folder.File("journal.db")), _all),
        history: new SqliteJobHistory(_folder.File("history.db"), 1000));
}
