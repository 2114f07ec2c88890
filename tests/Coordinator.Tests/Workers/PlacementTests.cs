using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Outcome = BuildFarm.V1.Outcome;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Workers;

/// <summary>Where attempts go, seen from the workers.</summary>
public sealed class PlacementTests
{
    [Fact]
    public async Task Task_OnASlowWorker_GetsASecondAttemptAndTheFirstSuccessWins()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Copies = new CopyOptions { Factor = 2, Minimum = TimeSpan.FromMilliseconds(200) });
        await using var slow = await FakeWorker.LinkAsync(farm.Channel, "slow");
        var template = TestFarm.Template("compile");
        template.ExpectedDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50));
        var job = await farm.SubmitAsync(template);
        var first = await slow.NextAssignmentAsync();
        await using var fast = await FakeWorker.LinkAsync(farm.Channel, "fast");

        var second = await fast.NextAssignmentAsync();
        await fast.CompleteAsync(second);
        var task = (await farm.FinishAsync(job)).Tasks[0];
        await slow.ForgottenAsync(first);

        Assert.Equal((first.Lease.ExecutionId, first.Lease.Epoch + 1), (second.Lease.ExecutionId, second.Lease.Epoch));
        Assert.NotEqual(first.StdoutStreamName, second.StdoutStreamName);
        Assert.Equal((Outcome.Success, "fast", 2), (task.Outcome, task.Worker, task.Attempt));
        Assert.Equal(second.StdoutStreamName, task.StdoutStreamName);
    }

    [Fact]
    public async Task Tasks_OfOneExclusiveName_RunOneAfterTheOtherAndSayWhy()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var w1 = await FakeWorker.LinkAsync(farm.Channel, "w1");
        await w1.NextDesiredAsync();
        await using var w2 = await FakeWorker.LinkAsync(farm.Channel, "w2");
        await w2.NextDesiredAsync();
        var (a, b, c) = (TestFarm.Template("a"), TestFarm.Template("b"), TestFarm.Template("c"));
        a.Exclusive.Add("home:sage");
        b.Exclusive.Add("home:sage");
        c.Needs.Add("b");
        b.Needs.Add("before");
        var job = await farm.SubmitAsync(a, TestFarm.Template("before"), b, c);
        var attempts = new[] { await w1.NextAssignmentAsync(), await w1.NextAssignmentAsync() };
        await w1.CompleteAsync(attempts.Single(one => one.DisplayName.EndsWith("/before", StringComparison.Ordinal)));

        await farm.WatchUntilAsync(job, change => change.Task is { Name: "b", State: TaskState.Queued });
        var seen = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job });

        Assert.Matches("^waits for 'home:sage', which [abc] has on w1$", seen.Tasks[2].Message);
        Assert.Equal("waits for b (queued)", seen.Tasks[3].Message);
        await w1.CompleteAsync(attempts.Single(one => one.DisplayName.EndsWith("/a", StringComparison.Ordinal)));
        var next = await w1.NextAssignmentAsync();
        Assert.EndsWith("/b", next.DisplayName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tasks_OfOtherRootsAndOneToolchain_GoToTheWorkerThatHadIt()
    {
        await using var farm = await TestFarm.StartAsync();
        var queue = farm.Server.Services.GetRequiredService<SchedulerQueue>();
        await using var w1 = await FakeWorker.LinkAsync(farm.Channel, "w1");
        await w1.NextDesiredAsync();
        await queue.PostAsync(new DrainWorker(new WorkerId("w1"), Drain: true), CancellationToken.None);
        await using var w2 = await FakeWorker.LinkAsync(farm.Channel, "w2");
        var compile = await farm.SubmitAsync(await WithInputs("compile"));
        await w2.CompleteAsync(await w2.NextAssignmentAsync());
        await farm.FinishAsync(compile);
        await queue.PostAsync(new DrainWorker(new WorkerId("w1"), Drain: false), CancellationToken.None);

        await farm.SubmitAsync(await WithInputs("compile another"));
        var second = await w2.NextAssignmentAsync();
        await farm.SubmitAsync(TestFarm.Template("without inputs"));
        var third = await w1.NextAssignmentAsync();

        Assert.EndsWith("/compile another", second.DisplayName, StringComparison.Ordinal);
        Assert.EndsWith("/without inputs", third.DisplayName, StringComparison.Ordinal);

        async Task<TaskTemplate> WithInputs(string name)
        {
            var template = TestFarm.Template(name);
            template.InputRootDigest = await farm.PutTreeAsync(("toolchain/bin/cc", new string('c', 1000)), ("src/source.c", name));
            return template;
        }
    }
}
