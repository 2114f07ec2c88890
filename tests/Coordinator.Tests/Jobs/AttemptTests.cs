using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>Attempts that are tried again: whose charge they are, and with how much memory.</summary>
public sealed class AttemptTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public async Task OutOfMemory_FirstTime_RunsOnceMoreWithTwiceAsMuchOfTheSameAction()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("a"));
        var first = await worker.NextAssignmentAsync();
        await worker.CompleteAsync(first, OutOfMemory(GiB));
        var second = await worker.NextAssignmentAsync();

        Assert.Equal((GiB, 2 * GiB), (first.Resources.MemoryBytes, second.Resources.MemoryBytes));
        Assert.Equal(first.ActionDigest, second.ActionDigest);
        await worker.CompleteAsync(second, OutOfMemory(2 * GiB));
        var task = (await farm.FinishAsync(job)).Tasks.Single();

        Assert.Equal((Outcome.OutOfMemory, 2, 0, 2 * GiB), (task.Outcome, task.Attempt, task.RetriesUsed, task.MemoryBytes));
        Assert.Equal(2 * GiB, task.Usage.PeakMemoryBytes);
        Assert.Equal("needed more; it had 2 GiB, after 1 GiB was not enough", task.Message);
    }

    [Fact]
    public async Task Memory_LearnedByOneJob_IsWhatTheNextBeginsWith()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("a");
        template.DoNotCache = true;
        var job = await farm.SubmitAsync(template);
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), OutOfMemory(GiB));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), Success(GiB + (GiB / 2)));
        await farm.FinishAsync(job);

        job = await farm.SubmitAsync(template);
        var learned = await worker.NextAssignmentAsync();
        Assert.Equal((GiB + (GiB / 2)) / 4 * 5, learned.Resources.MemoryBytes);
        await worker.CompleteAsync(learned, Success(GiB));
        await farm.FinishAsync(job);

        template.Resources = new Resources { MemoryBytes = GiB / 2 };
        await farm.SubmitAsync(template);
        Assert.Equal(GiB / 2, (await worker.NextAssignmentAsync()).Resources.MemoryBytes);
    }

    [Fact]
    public async Task Memory_ThatThePageCacheFilled_TeachesNothing()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("a");
        template.DoNotCache = true;
        for (var i = 0; i < 3; i++)
        {
            var job = await farm.SubmitAsync(template);
            var assignment = await worker.NextAssignmentAsync();
            Assert.Equal(GiB, assignment.Resources.MemoryBytes);
            await worker.CompleteAsync(assignment, Success(GiB));
            await farm.FinishAsync(job);
        }
    }

    [Fact]
    public async Task Retries_OfTheTaskAndOfTheFarm_AreCountedApart()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("a");
        template.Retries = 2;
        var job = await farm.SubmitAsync(template);
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Failure(1));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), new Completion { Outcome = Outcome.Infrastructure, Message = "no runtime" });
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Failure(1));
        await worker.CompleteAsync(await worker.NextAssignmentAsync());
        var task = (await farm.FinishAsync(job)).Tasks.Single();

        Assert.Equal((Outcome.Success, 4, 2, 2, 1), (task.Outcome, task.Attempt, task.RetriesUsed, task.Retries, task.InfrastructureLosses));
        var events = await farm.WatchAsync(job);
        Assert.Contains(events, e => e.Task is { State: TaskState.Queued or TaskState.Running, RetriesUsed: 1, InfrastructureLosses: 0 });
        Assert.Contains(events, e => e.Task is { RetriesUsed: 1, InfrastructureLosses: 1 });
    }

    private static Completion OutOfMemory(long peak) => new()
    {
        Outcome = Outcome.OutOfMemory,
        ExitCode = 137,
        Message = "needed more",
        Usage = new ResourceUsage { WallTime = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)), PeakMemoryBytes = peak },
    };

    private static Completion Success(long peak)
    {
        var completion = FakeWorker.Success();
        completion.Usage.PeakMemoryBytes = peak;
        return completion;
    }
}
