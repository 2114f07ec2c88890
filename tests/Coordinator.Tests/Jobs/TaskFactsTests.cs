using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>What a task asked for is told of it wherever it is, and what holds it up while something does.</summary>
public sealed class TaskFactsTests
{
    [Fact]
    public async Task Task_WaitingRunningAndFinished_SaysWhatItAskedFor()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        var (first, second) = (Asking("first"), Asking("second"));
        second.Needs.Add("first");
        var job = (await farm.Jobs.SubmitJobAsync(new SubmitJobRequest { Spec = new JobSpec { Name = "facts", Priority = 3, Tasks = { first, second } } })).JobId;
        var running = await worker.NextAssignmentAsync();
        await farm.WatchUntilAsync(job, static e => e.Task is { Name: "first", State: TaskState.Running });

        var shown = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job });
        Assert.Equal([TaskState.Running, TaskState.Waiting], shown.Tasks.Select(task => task.State));
        Assert.All(shown.Tasks, task => AssertFacts(first, task));
        Assert.StartsWith("waits for first (running); its deadline is ", shown.Tasks[1].Message, StringComparison.Ordinal);
        await worker.CompleteAsync(running);
        await worker.CompleteAsync(await worker.NextAssignmentAsync());
        Assert.All((await farm.FinishAsync(job)).Tasks, task => AssertFacts(first, task));
    }

    [Fact]
    public async Task Task_ThatIsTriedAgain_SaysWhatItWaitsForBesideWhy()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        var flaky = TestFarm.Template("flaky");
        flaky.Retries = 1;
        var job = await farm.SubmitAsync(flaky);
        var running = await worker.NextAssignmentAsync();
        worker.Drains = true;
        await worker.CompleteAsync(running, FakeWorker.Failure(1));
        await farm.WatchUntilAsync(job, e => e.Task is { State: TaskState.Queued, RetriesUsed: 1 });

        Assert.Equal(
            "attempt 2, because exited with 1: no worker of pool default takes work: w1 is draining",
            (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job })).Tasks[0].Message);
    }

    [Fact]
    public async Task Task_AfterTheFirstHundred_IsExplainedWhenItIsAskedFor()
    {
        await using var farm = await TestFarm.StartAsync();
        var job = await farm.SubmitAsync([.. Enumerable.Range(0, 102).Select(i => TestFarm.Template($"t{i}"))]);
        var all = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job });
        Assert.Equal(100, all.Tasks.Count(task => task.Message.Length > 0));
        Assert.Empty(all.Tasks[101].Message);
        var one = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job, ExplainTask = "t101" });

        Assert.StartsWith("waits for the first worker: ", one.Tasks[101].Message, StringComparison.Ordinal);
        Assert.Empty(one.Tasks[0].Message);
    }

    private static TaskTemplate Asking(string name)
    {
        var template = TestFarm.Template(name);
        template.Resources = new Resources { CpuMillis = 1000, MemoryBytes = 1 << 20 };
        template.Exclusive.Add("home:sage");
        template.Priority = 4;
        template.Deadline = Duration.FromTimeSpan(TimeSpan.FromHours(1));
        return template;
    }

    private static void AssertFacts(TaskTemplate asked, V1.Task task)
    {
        Assert.Equal((7, asked.Deadline, asked.Resources), (task.Priority, task.Deadline, task.Resources));
        Assert.Equal(["home:sage"], task.Exclusive);
    }
}
