using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>A coordinator that comes back over the files that the one before left.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Attempt_RunningAcrossARestart_IsTheSameAndCountsOnce()
    {
        string job;
        Assignment before;
        await using (var farm = await StartAsync())
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel);
            job = await farm.SubmitAsync(TestFarm.Template("long"));
            before = await worker.NextAssignmentAsync();
        }

        await using var again = await StartAsync();
        await using var back = await FakeWorker.LinkAsync(again.Channel);
        var after = await back.NextAssignmentAsync();
        await back.CompleteAsync(after);
        var finished = await again.FinishAsync(job);

        Assert.Equal(before.Lease, after.Lease);
        Assert.Equal(before.StdoutStreamName, after.StdoutStreamName);
        Assert.Equal((1, 1), (finished.Summary.Succeeded, finished.Summary.Attempts));
    }

    [Fact]
    public async Task Watch_FromASequenceOfTheLifeBefore_GetsWhatIsNewer()
    {
        string job;
        long seen;
        await using (var farm = await StartAsync())
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel);
            var second = TestFarm.Template("second");
            second.Needs.Add("first");
            job = await farm.SubmitAsync(TestFarm.Template("first"), second);
            await worker.CompleteAsync(await worker.NextAssignmentAsync());
            seen = (await farm.WatchUntilAsync(job, e => e.Task is { Name: "second", State: TaskState.Running })).Sequence;
        }

        await using var again = await StartAsync();
        var watch = again.WatchAsync(job, seen);
        await using var back = await FakeWorker.LinkAsync(again.Channel);
        await back.CompleteAsync(await back.NextAssignmentAsync());
        var events = await watch;

        Assert.All(events, e => Assert.True(e.Sequence > seen));
        Assert.Equal(events.Select(e => e.Sequence).Order(), events.Select(e => e.Sequence));
        Assert.Contains(events, e => e.Task is { Name: "first", State: TaskState.Finished });
        Assert.Equal(2, events[^1].Finished.Summary.Succeeded);
    }

    [Fact]
    public async Task FinishedJob_AfterARestart_IsListedShownAndWatched()
    {
        string job;
        await using (var farm = await StartAsync())
        {
            job = await RunOneAsync(farm);
        }

        await using var again = await StartAsync();

        Assert.Equal([job], (await again.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs.Select(one => one.JobId));
        Assert.Equal("done", (await again.Jobs.GetJobAsync(new GetJobRequest { JobId = job[..5] })).Tasks[0].Name);
        Assert.Equal(1, (await again.WatchAsync(job))[^1].Finished.Summary.Succeeded);
    }

    [Fact]
    public async Task FinishedJob_ThatTheHistoryDidNotGet_IsRecalledFromTheJournal()
    {
        string job;
        V1.Task told;
        await using (var farm = await StartAsync(history: new MemoryJobHistory(10)))
        {
            job = await RunOneAsync(farm);
            told = (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job })).Tasks[0];
        }

        await using (var again = await StartAsync())
        {
            var recalled = await again.Jobs.GetJobAsync(new GetJobRequest { JobId = job });
            Assert.Equal((JobState.Finished, 1), (recalled.State, recalled.Summary.Succeeded));
            Assert.Equal("out", recalled.Tasks[0].Result.OutputFiles[0].Path);
            // To the last field: whoever followed its output must not take it for another attempt's.
            Assert.Equal(told, recalled.Tasks[0]);
            Assert.Equal(1, (await again.WatchAsync(job))[^1].Finished.Summary.Succeeded);
        }

        await using var third = await StartAsync();
        Assert.Single((await third.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs);
    }

    /// <summary>It ended, and the coordinator died before the history had it: all that is told comes from the journal.</summary>
    [Fact]
    public async Task CancelReason_OfAJobThatTheHistoryDidNotGet_IsKept()
    {
        string job;
        await using (var farm = await StartAsync(history: new MemoryJobHistory(10)))
        {
            job = await farm.SubmitAsync(TestFarm.Template("never"));
            await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, Reason = "the branch is gone" });
            Assert.Equal("the branch is gone", (await farm.FinishAsync(job)).CancelReason);
        }

        await using var again = await StartAsync();
        var recalled = await again.FinishAsync(job);

        Assert.Equal((JobState.Finished, "the branch is gone"), (recalled.State, recalled.CancelReason));
        Assert.Equal("the branch is gone", (await again.WatchAsync(job))[^1].Finished.CancelReason);
    }

    [Fact]
    public async Task Worker_WithAnotherRoot_DoesNotGetActionsOfTheOld()
    {
        await using (var farm = await StartAsync())
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(environment: "root-1"));
            await farm.SubmitAsync(TestFarm.Template("long"));
            await worker.NextAssignmentAsync();
        }

        await using var again = await StartAsync();
        await using var other = await FakeWorker.LinkAsync(again.Channel, "w2", "i9", FakeWorker.Offer(environment: "root-2"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => other.Ended.WaitAsync(TestFarm.Patience));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task Submit_RepeatedAfterARestart_JoinsItsJob()
    {
        var request = new SubmitJobRequest { IdempotencyKey = "key", Spec = new JobSpec { Name = "test", Tasks = { TestFarm.Template("a") } } };
        SubmitJobResponse first;
        await using (var farm = await StartAsync())
        {
            first = await farm.Jobs.SubmitJobAsync(request);
        }

        await using var again = await StartAsync();
        var second = await again.Jobs.SubmitJobAsync(request);

        Assert.Equal((first.JobId, true), (second.JobId, second.Joined));
    }

    [Fact]
    public async Task Disk_Full_NoAcknowledgedJobIsLost()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), megabytes: 4);
        var acknowledged = new List<string>();
        await using (var farm = await TestFarm.StartAsync(journal: new SqliteJournal(Path.Combine(disk.Path, "journal.db"))))
        {
            farm.Server.Logs.Expect("the journal failed");
            var lost = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (true)
                {
                    acknowledged.Add(await farm.SubmitAsync(TestFarm.Template($"t{acknowledged.Count}", new string('x', 100_000))));
                }
            });
            Assert.Equal(StatusCode.Unavailable, lost.StatusCode);
        }

        foreach (var file in Directory.EnumerateFiles(disk.Path))
        {
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        }

        await using var again = await StartAsync();
        var listed = (await again.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = 1000 })).Jobs.Select(job => job.JobId);

        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(listed, StringComparer.Ordinal));
    }

    private static async Task<string> RunOneAsync(TestFarm farm)
    {
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("done"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Success(("out", await farm.PutTextAsync("x"))));
        await farm.FinishAsync(job);
        return job;
    }

    private Task<TestFarm> StartAsync(IJobHistory? history = null) => TestFarm.StartAsync(
        journal: new SqliteJournal(_folder.File("journal.db")),
        history: history ?? new SqliteJobHistory(_folder.File("history.db"), 1000));
}
