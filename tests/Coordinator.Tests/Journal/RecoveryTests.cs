using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class RecoveryTests
{
    [Fact]
    public async Task Restart_FromTheJournal_KeepsJobsResultsAndWork()
    {
        var memory = new VolatileJournalMemory();
        string job;
        await using (var farm = await TestFarm.StartAsync(journal: new VolatileJournal(memory)))
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel);
            var second = TestFarm.Template("second");
            second.Needs.Add("first");
            job = await farm.SubmitAsync(TestFarm.Template("first"), second);
            await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Success(("out", await farm.PutTextAsync("x"))));
            await farm.WatchUntilAsync(job, e => e.Task is { Name: "second", State: TaskState.Running });
        }

        await using var again = await TestFarm.StartAsync(options => options.UnlinkGrace = TimeSpan.FromMilliseconds(50), journal: new VolatileJournal(memory));
        await again.PutTextAsync("x");
        await using var fresh = await FakeWorker.LinkAsync(again.Channel, incarnation: "i2");
        await fresh.CompleteAsync(await fresh.NextAssignmentAsync());
        var finished = await again.FinishAsync(job);

        Assert.Equal(2, finished.Summary.Succeeded);
        Assert.Equal("out", finished.Tasks[0].Result.OutputFiles.Single().Path);
    }

    [Fact]
    public async Task Replay_OfTheJournal_GivesTheLiveState()
    {
        var memory = new VolatileJournalMemory();
        var journal = new VolatileJournal(memory);
        string live;
        await using (var farm = await TestFarm.StartAsync(journal: journal))
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel);
            await farm.SubmitAsync(TestFarm.Template("a"), TestFarm.Template("b"), TestFarm.Template("c"));
            await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Failure(2));
            await worker.NextAssignmentAsync();
            var queue = farm.Server.Services.GetRequiredService<Coordinator.Loop.SchedulerQueue>();
            long appended;
            do
            {
                // Both at one moment: the worker still reports what it has forgotten.
                appended = journal.End.Number;
                live = await queue.QueryAsync(StateFingerprint.Describe, CancellationToken.None);
                Snapshot = await ReadAsync(new VolatileJournal(memory.Copy()));
            }
            while (journal.End.Number != appended);
        }

        var codec = new EventCodec();
        var replayed = new SchedulerState();
        foreach (var change in Snapshot.Select(record => codec.Decode(record).Change).OfType<Scheduling.Events.Event>())
        {
            replayed.Apply(change);
        }

        Assert.Equal(live, StateFingerprint.Describe(replayed));
    }

    private List<ReadOnlyMemory<byte>> Snapshot { get; set; } = [];

    private static async Task<List<ReadOnlyMemory<byte>>> ReadAsync(VolatileJournal journal)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        await journal.OpenAsync(CancellationToken.None);
        await foreach (var record in journal.ReadAsync(CancellationToken.None))
        {
            records.Add(record);
        }

        return records;
    }
}
