using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>A task whose compiles are tasks, over the wire.</summary>
public sealed class ParentTests
{
    [Fact]
    public async Task Parent_ThatWaits_GivesItsPlaceToItsChildAndHearsOfItsEnd()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        var (parent, make) = await ParentAsync(farm, worker);
        var child = await ChildAsync(farm, parent);

        using var wait = farm.Jobs.WaitForChild(new WaitForChildRequest { Parent = parent, JobId = child }, deadline: TestFarm.Deadline());
        var compile = await worker.NextAssignmentAsync();
        await worker.CompleteAsync(compile);

        Assert.Equal(ChildAnswer.Finished, await AnswerAsync(wait));
        Assert.False(await wait.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(Outcome.Success, (await farm.FinishAsync(child)).Tasks[0].Outcome);
        await worker.CompleteAsync(make);
    }

    [Fact]
    public async Task Child_ThatFindsNoRoom_IsDoneByItsParentWithItsOwnCpu()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        var (parent, _) = await ParentAsync(farm, worker, memoryBytes: 8L << 30);
        var child = await ChildAsync(farm, parent);

        using var wait = farm.Jobs.WaitForChild(
            new WaitForChildRequest { Parent = parent, JobId = child, Bound = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)) }, deadline: TestFarm.Deadline());

        Assert.Equal(ChildAnswer.RunLocally, await AnswerAsync(wait));
        Assert.Equal(Outcome.Cancelled, (await farm.FinishAsync(child)).Tasks[0].Outcome);
        Assert.Equal(1000, (await WorkerAsync(farm)).InUse.CpuMillis);
    }

    [Fact]
    public async Task Call_ThatIsGone_EndsTheWait()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        var (parent, make) = await ParentAsync(farm, worker);
        var child = await ChildAsync(farm, parent);
        using (farm.Jobs.WaitForChild(new WaitForChildRequest { Parent = parent, JobId = child }))
        {
            await worker.CompleteAsync(await worker.NextAssignmentAsync());
        }

        await farm.FinishAsync(child);
        await worker.CompleteAsync(make);
        await worker.ForgottenAsync(make);
        using var late = farm.Jobs.WaitForChild(new WaitForChildRequest { Parent = parent, JobId = child }, deadline: TestFarm.Deadline());

        Assert.Equal(ChildAnswer.ParentEnded, await AnswerAsync(late));
    }

    [Theory]
    [InlineData("no such attempt")]
    [InlineData("of another farm")]
    public async Task Submit_ForAParentThatDoesNotRun_IsNotFound(string which)
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var (parent, _) = await ParentAsync(farm, worker);
        parent = which == "no such attempt" ? new ParentAttempt(parent) { Epoch = 7 } : new ParentAttempt { ExecutionId = "beef", Epoch = 1 };

        var refused = await Assert.ThrowsAsync<RpcException>(() => ChildAsync(farm, parent));

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task Child_IsShownWithThePriorityAndSubmitterOfItsParent()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        await farm.Jobs.SubmitJobAsync(new SubmitJobRequest
        {
            Spec = new JobSpec { Name = "build", Priority = 7, Submitter = "ann@laptop", Tasks = { TestFarm.Template("make") } },
        });
        var make = await worker.NextAssignmentAsync();
        var compile = TestFarm.Template("cc", "cc", "a.c");
        compile.Priority = 2;
        var child = (await farm.Jobs.SubmitJobAsync(new SubmitJobRequest
        {
            Spec = new JobSpec { Name = "compile", Priority = 900, Submitter = "root@container", Tasks = { compile } },
            Parent = new ParentAttempt { ExecutionId = make.Lease.ExecutionId, Epoch = make.Lease.Epoch },
        })).JobId;

        var shown = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = child });
        Assert.Equal((7, "ann@laptop", 9), (shown.Priority, shown.Submitter, Assert.Single(shown.Tasks).Priority));
        var listed = (await farm.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs.Single(job => job.JobId == child);
        Assert.Equal((7, "ann@laptop"), (listed.Priority, listed.Submitter));
    }

    private static async Task<(ParentAttempt Parent, Assignment Make)> ParentAsync(TestFarm farm, FakeWorker worker, long memoryBytes = 1L << 30)
    {
        var template = TestFarm.Template("make");
        template.Resources = new Resources { CpuMillis = 1000, MemoryBytes = memoryBytes };
        await farm.SubmitAsync(template);
        var make = await worker.NextAssignmentAsync();
        return (new ParentAttempt { ExecutionId = make.Lease.ExecutionId, Epoch = make.Lease.Epoch }, make);
    }

    private static async Task<string> ChildAsync(TestFarm farm, ParentAttempt parent)
    {
        var request = new SubmitJobRequest { Spec = new JobSpec { Name = "compile", Tasks = { TestFarm.Template("cc", "cc", "a.c") } }, Parent = parent };
        return (await farm.Jobs.SubmitJobAsync(request)).JobId;
    }

    private static async Task<ChildAnswer> AnswerAsync(AsyncServerStreamingCall<ChildWait> wait)
    {
        Assert.True(await wait.ResponseStream.MoveNext(CancellationToken.None));
        return wait.ResponseStream.Current.Answer;
    }

    private static async Task<WorkerInfo> WorkerAsync(TestFarm farm) => Assert.Single((await farm.Admin.ListWorkersAsync(new ListWorkersRequest())).Workers);
}
