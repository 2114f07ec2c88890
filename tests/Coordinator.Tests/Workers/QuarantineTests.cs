using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Workers;

/// <summary>Workers that fail tasks, and tasks that kill workers, over the real link.</summary>
public sealed class QuarantineTests
{
    [Fact]
    public async Task Worker_ThatFailsEveryTask_IsShownInQuarantineAndReleasedOnDemand()
    {
        await using var farm = await TestFarm.StartAsync(options => options.WorkerQuarantineFailures = 2);
        await using var bad = await FakeWorker.LinkAsync(farm.Channel, "bad", offer: FakeWorker.Offer(cpuMillis: 1000));
        var job = await farm.SubmitAsync(TestFarm.Template("a"), TestFarm.Template("b"), TestFarm.Template("c"));
        var first = await bad.NextAssignmentAsync();
        await using var good = await FakeWorker.LinkAsync(farm.Channel, "good", offer: FakeWorker.Offer(cpuMillis: 4000));
        await good.NextDesiredAsync();
        var working = good.RunAllAsync(_ => FakeWorker.Success());
        await bad.CompleteAsync(first, Broken());
        await farm.FinishAsync(job);
        // It has room for the next when it has said that it has forgotten this one.
        await Eventually.IsTrueAsync(async _ => (await ShownAsync(farm, "bad")).InUse.CpuMillis == 0, TestContext.Current.CancellationToken);
        var second = await farm.SubmitAsync(TestFarm.Template("d"));
        await bad.CompleteAsync(await bad.NextAssignmentAsync(), Broken());
        var ended = await farm.FinishAsync(second);

        Assert.Equal((Outcome.Success, "good", 1), (ended.Tasks[0].Outcome, ended.Tasks[0].Worker, ended.Tasks[0].InfrastructureLosses));
        var shown = await ShownAsync(farm, "bad");
        Assert.Equal(WorkerCondition.Quarantined, shown.Condition);
        Assert.Contains("it failed 2 tasks in a row; the last: no runtime", shown.Reason, StringComparison.Ordinal);
        Assert.Equal("good", (await farm.FinishAsync(await farm.SubmitAsync(TestFarm.Template("e")))).Tasks[0].Worker);

        await farm.Admin.ReleaseWorkerAsync(new ReleaseWorkerRequest { WorkerId = "bad" });
        Assert.Equal((WorkerCondition.Ready, ""), ((await ShownAsync(farm, "bad")).Condition, (await ShownAsync(farm, "bad")).Reason));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => farm.Admin.ReleaseWorkerAsync(new ReleaseWorkerRequest { WorkerId = "nobody" }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        await good.DisposeAsync();
        await working;
    }

    [Fact]
    public async Task Worker_WithoutBlobsInTheCas_StaysInUse()
    {
        await using var farm = await TestFarm.StartAsync(options => options.WorkerQuarantineFailures = 1);
        await using var first = await FakeWorker.LinkAsync(farm.Channel, "first");
        await farm.SubmitAsync(TestFarm.Template("a"));
        var gone = Broken();
        gone.Missing.Add(new Build.Bazel.Remote.Execution.V2.Digest { Hash = new string('a', 64), SizeBytes = 1 });
        var assigned = await first.NextAssignmentAsync();
        await using var second = await FakeWorker.LinkAsync(farm.Channel, "second");
        await second.NextDesiredAsync();
        await first.CompleteAsync(assigned, gone);
        await first.NextAssignmentAsync();

        Assert.Equal(WorkerCondition.Ready, (await ShownAsync(farm, "first")).Condition);
    }

    [Fact]
    public async Task Task_ThatKillsEveryWorker_EndsAndNamesThemWhileOthersGoOn()
    {
        await using var farm = await TestFarm.StartAsync(options => options.UnlinkGrace = TimeSpan.FromMilliseconds(50));
        var killer = await farm.SubmitAsync(TestFarm.Template("killer"));
        for (var i = 1; i <= 3; i++)
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel, $"w{i}");
            await worker.NextAssignmentAsync();
        }

        var ended = (await farm.FinishAsync(killer)).Tasks.Single();
        Assert.Equal((Outcome.Infrastructure, 3), (ended.Outcome, ended.InfrastructureLosses));
        Assert.Equal("in quarantine: 3 workers were lost while they ran it, on the last of them alone: w1, w2, w3", ended.Message);
        await using var alive = await FakeWorker.LinkAsync(farm.Channel, "w4");
        var other = await farm.SubmitAsync(TestFarm.Template("other"));
        await alive.CompleteAsync(await alive.NextAssignmentAsync());
        Assert.Equal(Outcome.Success, (await farm.FinishAsync(other)).Tasks.Single().Outcome);
    }

    private static Completion Broken() => new() { Outcome = Outcome.Infrastructure, Message = "no runtime" };

    private static async Task<WorkerInfo> ShownAsync(TestFarm farm, string worker) =>
        (await farm.Admin.ListWorkersAsync(new ListWorkersRequest())).Workers.Single(info => info.WorkerId == worker);
}
