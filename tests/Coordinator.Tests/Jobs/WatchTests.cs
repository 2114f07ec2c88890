using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

public sealed class WatchTests
{
    private static readonly Timestamp At = new() { Seconds = 1 };

    [Fact]
    public async Task Watch_Since_ResumesAfterThatEvent()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var running = await farm.WatchUntilAsync(job, e => e.Task?.State == TaskState.Running);
        await worker.CompleteAsync(await worker.NextAssignmentAsync());

        var rest = await farm.WatchAsync(job, running.Sequence);
        var all = await farm.WatchAsync(job);

        Assert.Equal(running.Sequence + 1, rest[0].Sequence);
        Assert.Equal(all.Skip((int)running.Sequence), rest);
        Assert.Equal(JobEvent.EventOneofCase.Finished, rest[^1].EventCase);
    }

    [Fact]
    public async Task Watch_SinceAnEarlierLife_TellsEverything()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync());
        var all = await farm.WatchAsync(job);

        Assert.Equal(all, await farm.WatchAsync(job, since: 1_000_000));
    }

    [Fact]
    public async Task List_OfManyJobs_IsPagedNewestFirst()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        _ = worker.RunAllAsync(_ => FakeWorker.Success());
        var submitted = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            submitted.Add(await farm.SubmitAsync(TestFarm.Template("build")));
            await farm.WatchAsync(submitted[^1]);
        }

        var listed = new List<string>();
        var page = new ListJobsRequest { PageSize = 2 };
        do
        {
            var response = await farm.Jobs.ListJobsAsync(page);
            Assert.All(response.Jobs, job => Assert.Empty(job.Tasks));
            listed.AddRange(response.Jobs.Select(job => job.JobId));
            page.PageToken = response.NextPageToken;
        }
        while (page.PageToken.Length > 0);

        Assert.Equal(Enumerable.Reverse(submitted), listed);
    }

    [Fact]
    public async Task History_BeyondItsBound_ForgetsTheOldest()
    {
        await using var farm = await TestFarm.StartAsync(options => options.HistoryJobs = 2);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        _ = worker.RunAllAsync(_ => FakeWorker.Success());
        var submitted = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            submitted.Add(await farm.SubmitAsync(TestFarm.Template("build")));
            await farm.WatchAsync(submitted[^1]);
        }

        // A job is told to have finished before the history has it, and is in the list meanwhile as one that was not filed yet.
        List<string> listed = [];
        await Eventually.IsTrueAsync(
            async token =>
            {
                listed = [.. (await farm.Jobs.ListJobsAsync(new ListJobsRequest(), cancellationToken: token)).Jobs.Select(job => job.JobId)];
                return listed.Count < 3;
            },
            TestContext.Current.CancellationToken);

        Assert.Equal([submitted[2], submitted[1]], listed);
    }

    [Fact]
    public void Log_OfManyEvents_KeepsTheWindowAndEveryFinalState()
    {
        const int tasks = 2000;
        var log = new JobLog();
        log.AppendJob(new JobEvent { Accepted = new Job() }, At);
        for (var step = 0; step < 50; step++)
        {
            for (var index = 0; index < tasks; index++)
            {
                log.AppendTask(index, new V1.Task { Name = $"{index}", Attempt = step }, At);
            }
        }

        var kept = log.Snapshot();

        Assert.Equal(1 + (50 * tasks), log.Sequence);
        Assert.InRange(kept.Count, tasks, tasks + JobLog.RecentWindow + 2);
        Assert.Equal(JobEvent.EventOneofCase.Accepted, kept[0].EventCase);
        Assert.Equal(tasks, kept.Count(e => e.Task is { Attempt: 49 }));
    }

    [Fact]
    public async Task Watcher_ThatReadsSlowly_MissesStepsAndNoFinalState()
    {
        const int tasks = 100;
        var log = new JobLog();
        log.AppendJob(new JobEvent { Accepted = new Job() }, At);
        await using var slow = log.ReadAsync(0, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        for (var step = 0; step <= 100; step++)
        {
            for (var index = 0; index < tasks; index++)
            {
                log.AppendTask(index, new V1.Task { Name = $"{index}", Attempt = step, State = step == 100 ? TaskState.Finished : TaskState.Running }, At);
            }
        }

        log.AppendJob(new JobEvent { Finished = new Job() }, At, last: true);
        var seen = new List<JobEvent>();
        while (await slow.MoveNextAsync())
        {
            seen.Add(slow.Current);
        }

        Assert.InRange(seen.Count, tasks + 1, JobLog.RecentWindow + tasks);
        Assert.Equal(tasks, seen.Count(e => e.Task?.State == TaskState.Finished));
        Assert.Equal(seen.Select(e => e.Sequence).Order(), seen.Select(e => e.Sequence));
        Assert.Equal(JobEvent.EventOneofCase.Finished, seen[^1].EventCase);
    }
}
