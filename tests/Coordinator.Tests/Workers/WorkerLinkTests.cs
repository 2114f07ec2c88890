using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Workers;

public sealed class WorkerLinkTests
{
    [Fact]
    public async Task Link_Accepted_IsAnsweredAtOnceAndAtEachHeartbeat()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);

        var first = await worker.NextDesiredAsync();
        await worker.SendAsync();
        await worker.NextDesiredAsync();

        Assert.Empty(first.Assignments);
        Assert.Equal(TimeSpan.FromSeconds(30), first.LeaseDuration.ToTimeSpan());
        Assert.Equal(TimeSpan.FromSeconds(5), first.HeartbeatInterval.ToTimeSpan());
    }

    public static TheoryData<string, StatusCode, string> Refused => new()
    {
        { "no offer", StatusCode.InvalidArgument, "offer" },
        { "no capacity", StatusCode.InvalidArgument, "capacity" },
        { "no environment", StatusCode.InvalidArgument, "environment" },
        { "unknown pool", StatusCode.FailedPrecondition, "moon" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Link_ThatCannotBe_IsRefusedByName(string kind, StatusCode code, string named)
    {
        await using var farm = await TestFarm.StartAsync();
        var state = new WorkerState { WorkerId = "w", Incarnation = "i", Offer = FakeWorker.Offer() };
        switch (kind)
        {
            case "no offer": state.Offer = null; break;
            case "no capacity": state.Offer.Capacity = null; break;
            case "no environment": state.Offer.Environment = ""; break;
            default: state.Offer.Pool = "moon"; break;
        }

        using var call = new V1.Workers.WorkersClient(farm.Channel).Link(deadline: TestFarm.Deadline());
        await call.RequestStream.WriteAsync(state);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(code, refused.StatusCode);
        Assert.Contains(named, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_WithAnotherEnvironment_IsRefusedAndNamesBoth()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var first = await FakeWorker.LinkAsync(farm.Channel);
        await first.NextDesiredAsync();

        await using var second = await FakeWorker.LinkAsync(farm.Channel, "w2", offer: FakeWorker.Offer(environment: "root-2"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => second.Ended.WaitAsync(TestFarm.Patience));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("root-1", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("root-2", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("root-1", (await farm.Admin.GetFarmAsync(new GetFarmRequest())).Environment);
    }

    [Fact]
    public async Task Answers_RepeatTheClockOfTheNewestReport()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        Assert.Equal(0, (await worker.NextDesiredAsync()).AnswersClock);
        var told = 0L;
        foreach (var clock in new long[] { 7, 90, 800 })
        {
            worker.Clock = clock;
            await worker.SendAsync();
            while (told < clock)
            {
                var answered = (await worker.NextDesiredAsync()).AnswersClock;
                Assert.InRange(answered, told, clock);
                told = answered;
            }
        }
    }

    [Fact]
    public async Task Link_OfANewerIncarnation_AbortsTheOlderAndRequeues()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var old = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var lost = await old.NextAssignmentAsync();

        await using var fresh = await FakeWorker.LinkAsync(farm.Channel, incarnation: "i2");
        var aborted = await Assert.ThrowsAsync<RpcException>(() => old.Ended.WaitAsync(TestFarm.Patience));
        var again = await fresh.NextAssignmentAsync();
        await fresh.CompleteAsync(again);

        Assert.Equal(StatusCode.Aborted, aborted.StatusCode);
        Assert.Equal(lost.Lease.ExecutionId, again.Lease.ExecutionId);
        Assert.True(again.Lease.Epoch > lost.Lease.Epoch);
        Assert.Equal((Outcome.Success, 2), ((await farm.FinishAsync(job)).Tasks[0].Outcome, (await farm.FinishAsync(job)).Tasks[0].Attempt));
    }

    [Fact]
    public async Task Worker_Lost_ItsTaskRunsElsewhereAndItsLateResultIsRefused()
    {
        await using var farm = await TestFarm.StartAsync(options => options.UnlinkGrace = TimeSpan.FromMilliseconds(50));
        var first = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var stale = await first.NextAssignmentAsync();
        await using var second = await FakeWorker.LinkAsync(farm.Channel, "w2");

        await first.DisposeAsync();
        var again = await second.NextAssignmentAsync();
        await using var back = await FakeWorker.LinkAsync(farm.Channel, incarnation: "i2");
        await back.CompleteAsync(stale, FakeWorker.Success(("stale", await farm.PutTextAsync("stale"))));
        await back.ForgottenAsync(stale);
        await second.CompleteAsync(again, FakeWorker.Success(("good", await farm.PutTextAsync("good"))));
        var task = (await farm.FinishAsync(job)).Tasks[0];

        Assert.Equal(("w2", 2, "good"), (task.Worker, task.Attempt, task.Result.OutputFiles.Single().Path));
        Assert.Equal("good", farm.Actions.Entries.Values.Single().Result.OutputFiles.Single().Path);
    }

    [Fact]
    public async Task Worker_BackWithinTheGrace_KeepsItsAttempt()
    {
        await using var farm = await TestFarm.StartAsync();
        var first = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var assignment = await first.NextAssignmentAsync();

        await first.DisposeAsync();
        await using var back = await FakeWorker.LinkAsync(farm.Channel);
        var again = await back.NextAssignmentAsync();
        await back.CompleteAsync(again);
        var task = (await farm.FinishAsync(job)).Tasks[0];

        Assert.Equal(assignment.Lease, again.Lease);
        Assert.Equal((Outcome.Success, 1), (task.Outcome, task.Attempt));
    }

    [Fact]
    public async Task Completion_Repeated_HasOneEffect()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var assignment = await worker.NextAssignmentAsync();

        await worker.CompleteAsync(assignment);
        await worker.CompleteAsync(assignment, FakeWorker.Failure(1));
        await worker.ForgottenAsync(assignment);
        var events = await farm.WatchAsync(job);

        Assert.Equal(Outcome.Success, Assert.Single(events, e => e.Task?.State == TaskState.Finished).Task.Outcome);
        Assert.Equal(1, events[^1].Finished.Summary.Succeeded);
    }

    [Fact]
    public async Task Infrastructure_AgainAndAgain_EndsTheTaskWithinTheBudget()
    {
        await using var farm = await TestFarm.StartAsync(options => options.InfrastructureBudget = 2);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));

        var running = worker.RunAllAsync(_ => new Completion { Outcome = Outcome.Infrastructure, Message = "disk on fire" });
        var finished = await farm.FinishAsync(job);

        Assert.Equal((Outcome.Infrastructure, 2), (finished.Tasks[0].Outcome, finished.Summary.Attempts));
        Assert.Contains("disk on fire", finished.Tasks[0].Message, StringComparison.Ordinal);
        await worker.DisposeAsync();
        Assert.Equal(2, await running.WaitAsync(TestFarm.Patience));
    }

    [Fact]
    public async Task Workers_AndPools_AreListedWithWhatTheyDo()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Pools =
            [new PoolOptions(), new PoolOptions { Name = "empty", Platform = { ["gpu"] = "h100" } }]);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        await worker.NextAssignmentAsync();
        var waiting = TestFarm.Template("on-gpu");
        waiting.Platform.Add("gpu", "h100");
        var queued = await farm.SubmitAsync(waiting);
        await farm.WatchUntilAsync(queued, e => e.Task?.State == TaskState.Queued);

        var listed = await farm.Admin.ListWorkersAsync(new ListWorkersRequest(), deadline: TestFarm.Deadline());
        var explained = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = queued }, deadline: TestFarm.Deadline());

        var info = Assert.Single(listed.Workers);
        Assert.Equal(("w1", "fake", WorkerCondition.Ready), (info.WorkerId, info.Offer.Runtime, info.Condition));
        Assert.Equal([$"{job}/build"], info.Running);
        Assert.Equal(1000, info.InUse.CpuMillis);
        Assert.Equal(["default", "empty"], listed.Pools.Select(pool => pool.Name));
        Assert.Equal((0, 1), (listed.Pools[1].Workers, listed.Pools[1].Queued));
        Assert.NotEmpty(explained.Tasks[0].Message);
    }

    [Fact]
    public async Task Submit_BeforeAnyWorker_WaitsForTheEnvironment()
    {
        await using var farm = await TestFarm.StartAsync();
        var job = await farm.SubmitAsync(TestFarm.Template("build"));

        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await worker.CompleteAsync(await worker.NextAssignmentAsync());

        Assert.Equal(1, (await farm.FinishAsync(job)).Summary.Succeeded);
        Assert.Equal("root-1", farm.Actions.Entries.Keys.Single().Environment);
    }
}
