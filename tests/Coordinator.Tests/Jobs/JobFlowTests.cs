using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

public sealed class JobFlowTests
{
    [Fact]
    public async Task Submit_OneTask_RunsAndIsWatchedToItsEnd()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("build", "cc", "-c", "a.c");
        template.InputRootDigest = await farm.PutTreeAsync(("a.c", "int a;"));
        template.Environment.Add("B", "2");
        template.Environment.Add("A", "1");
        template.OutputPaths.Add(["z.o", "a.o"]);

        var job = await farm.SubmitAsync(template);
        var assignment = await worker.NextAssignmentAsync();
        var (action, command, files) = await farm.ReadActionAsync(assignment.ActionDigest);
        await worker.CompleteAsync(assignment, FakeWorker.Success(("a.o", await farm.PutTextAsync("object"))));
        var events = await farm.WatchAsync(job);

        Assert.Equal(["cc", "-c", "a.c"], command.Arguments);
        Assert.Equal(["A", "B"], command.EnvironmentVariables.Select(variable => variable.Name));
        Assert.Equal(["a.o", "z.o"], command.OutputPaths);
        Assert.Equal(["a.c"], files.Keys);
        Assert.False(action.DoNotCache);
        Assert.Equal($"{job}/build", assignment.DisplayName);
        Assert.StartsWith("logstreams/", assignment.StdoutStreamName, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(e => e.Sequence));
        Assert.Equal(JobEvent.EventOneofCase.Accepted, events[0].EventCase);
        Assert.Equal(
            [TaskState.Resolving, TaskState.Queued, TaskState.Running, TaskState.Finished],
            events.Where(e => e.Task is not null).Select(e => e.Task.State).Distinct());
        var task = events.Last(e => e.Task is not null).Task;
        Assert.Equal((Outcome.Success, ResultOrigin.Executed, 1, "w1"), (task.Outcome, task.Origin, task.Attempt, task.Worker));
        Assert.Equal("a.o", task.Result.OutputFiles.Single().Path);
        Assert.Equal(assignment.StdoutStreamName, task.StdoutStreamName);
        Assert.Equal(2, task.Usage.WallTime.Seconds);
        Assert.Equal(JobState.Finished, events[^1].Finished.State);
        Assert.Equal((1, 1, 0), (events[^1].Finished.Summary.Submitted, events[^1].Finished.Summary.Succeeded, events[^1].Finished.Summary.FromCache));
    }

    [Fact]
    public async Task Success_Accepted_IsStoredWithItsProvenanceBeforeItIsTold()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);

        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var assignment = await worker.NextAssignmentAsync();
        await worker.CompleteAsync(assignment);
        await farm.WatchUntilAsync(job, e => e.Task?.State == TaskState.Finished);

        var key = new ActionKey("", "root-1", Digests.Digest.FromProto(assignment.ActionDigest, "action"));
        Assert.True(farm.Actions.Entries.TryGetValue(key, out var entry));
        Assert.Equal((EntryKind.Executed, "w1"), (entry.Kind, entry.Producer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Result_ThatMayNotBeCached_IsNotStored(bool failed)
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var absent = Digests.Digest.OfBytes("nobody stored this"u8);

        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), failed ? FakeWorker.Failure(3) : FakeWorker.Success(("out", absent)));
        var finished = await farm.FinishAsync(job);

        Assert.Equal(failed ? Outcome.Failure : Outcome.Success, finished.Tasks[0].Outcome);
        Assert.Equal(failed ? 3 : 0, finished.Tasks[0].ExitCode);
        Assert.Empty(farm.Actions.Entries);
    }

    [Fact]
    public async Task Needs_Outputs_AreLaidOverTheInputs()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var compile = TestFarm.Template("compile");
        compile.WorkingDirectory = "obj";
        compile.OutputPaths.Add("a.o");
        var link = TestFarm.Template("link");
        link.Needs.Add("compile");
        link.InputRootDigest = await farm.PutTreeAsync(("main.ld", "script"), ("obj/a.o", "stale"));
        var content = await farm.PutTextAsync("fresh");

        var job = await farm.SubmitAsync(link, compile);
        var first = await worker.NextAssignmentAsync();
        await worker.CompleteAsync(first, FakeWorker.Success(("a.o", content)));
        var second = await worker.NextAssignmentAsync();
        var (_, _, files) = await farm.ReadActionAsync(second.ActionDigest);
        await worker.CompleteAsync(second);
        var finished = await farm.FinishAsync(job);

        Assert.Equal($"{job}/compile", first.DisplayName);
        Assert.Equal(["main.ld", "obj/a.o"], files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(content, files["obj/a.o"]);
        Assert.Equal(2, finished.Summary.Succeeded);
    }

    [Fact]
    public async Task Submit_OfWhatTheCacheHas_StartsNothing()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var first = await farm.SubmitAsync(TestFarm.Template("build"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), FakeWorker.Success(("out", await farm.PutTextAsync("x"))));
        await farm.WatchAsync(first);

        var finished = await farm.FinishAsync(await farm.SubmitAsync(TestFarm.Template("build")));

        Assert.Equal((Outcome.Success, ResultOrigin.ActionCache, 0), (finished.Tasks[0].Outcome, finished.Tasks[0].Origin, finished.Tasks[0].Attempt));
        Assert.Equal("out", finished.Tasks[0].Result.OutputFiles.Single().Path);
        Assert.Equal((1, 0), (finished.Summary.FromCache, finished.Summary.Attempts));
    }

    [Fact]
    public async Task Submit_OfWhatLacksARequiredOutput_RunsAgain()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("build");
        template.OutputPaths.Add("out");
        var first = await farm.SubmitAsync(template);
        await worker.CompleteAsync(await worker.NextAssignmentAsync());
        await farm.WatchAsync(first);

        template.RequiredOutputPaths.Add("out");
        var second = await farm.SubmitAsync(template);
        var assignment = await worker.NextAssignmentAsync();
        await worker.CompleteAsync(assignment, FakeWorker.Success(("out", await farm.PutTextAsync("x"))));

        Assert.Equal(["out"], assignment.RequiredOutputPaths);
        Assert.Equal(ResultOrigin.Executed, (await farm.FinishAsync(second)).Tasks[0].Origin);
    }

    [Fact]
    public async Task Submit_OfDoNotCache_RunsEveryTime()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("build");
        template.DoNotCache = true;

        for (var run = 0; run < 2; run++)
        {
            var job = await farm.SubmitAsync(template);
            await worker.CompleteAsync(await worker.NextAssignmentAsync());
            Assert.Equal(ResultOrigin.Executed, (await farm.FinishAsync(job)).Tasks[0].Origin);
        }

        Assert.Empty(farm.Actions.Entries);
    }

    [Fact]
    public async Task Submit_OfWhatIsInFlight_RunsOnce()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);

        var first = await farm.SubmitAsync(TestFarm.Template("build"));
        var assignment = await worker.NextAssignmentAsync();
        var second = await farm.SubmitAsync(TestFarm.Template("build"));
        await farm.WatchUntilAsync(second, e => e.Task?.State == TaskState.Running);
        await worker.CompleteAsync(assignment);

        Assert.Equal(ResultOrigin.Executed, (await farm.FinishAsync(first)).Tasks[0].Origin);
        Assert.Equal(ResultOrigin.Merged, (await farm.FinishAsync(second)).Tasks[0].Origin);
        var workers = await farm.Admin.ListWorkersAsync(new ListWorkersRequest(), deadline: TestFarm.Deadline());
        Assert.Empty(workers.Workers.Single().Running);
    }

    [Fact]
    public async Task Cancel_OfARunningTask_TakesItFromTheWorker()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("long"));
        var assignment = await worker.NextAssignmentAsync();

        await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, Reason = "no longer wanted" }, deadline: TestFarm.Deadline());
        await worker.ForgottenAsync(assignment);
        var finished = await farm.FinishAsync(job);
        await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job }, deadline: TestFarm.Deadline());

        Assert.Equal((JobState.Finished, Outcome.Cancelled), (finished.State, finished.Tasks[0].Outcome));
        Assert.Contains("no longer wanted", finished.Tasks[0].Message, StringComparison.Ordinal);
        Assert.Equal(1, finished.Summary.Cancelled);
    }

    [Fact]
    public async Task Durations_OfFinishedTasks_OrderTheNextJob()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 1000));
        TaskTemplate[] tasks = [Uncached("short"), Uncached("long")];
        var first = await farm.SubmitAsync(tasks);
        for (var i = 0; i < tasks.Length; i++)
        {
            var assignment = await worker.NextAssignmentAsync();
            var completion = FakeWorker.Success();
            completion.Usage.WallTime.Seconds = assignment.DisplayName.EndsWith("long", StringComparison.Ordinal) ? 60 : 1;
            await worker.CompleteAsync(assignment, completion);
        }

        await farm.WatchAsync(first);
        // One that holds the only slot until both tasks of the second job wait.
        var blocker = await farm.SubmitAsync(Uncached("blocker"));
        var blocking = await worker.NextAssignmentAsync();
        var second = await farm.SubmitAsync(tasks);
        await farm.WatchUntilAsync(second, e => e.Task is { State: TaskState.Queued, Name: "short" });
        await farm.WatchUntilAsync(second, e => e.Task is { State: TaskState.Queued, Name: "long" });
        await worker.CompleteAsync(blocking);

        Assert.Equal($"{second}/long", (await worker.NextAssignmentAsync()).DisplayName);
        await farm.WatchAsync(blocker);
    }

    [Fact]
    public async Task Submit_OfManyTasks_EndsWithEveryOneAccountedFor()
    {
        const int tasks = 1000;
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: FakeWorker.Offer(cpuMillis: 8000));
        _ = worker.RunAllAsync(assignment => assignment.DisplayName.EndsWith('7') ? FakeWorker.Failure(1) : FakeWorker.Success());

        var job = await farm.SubmitAsync([.. Enumerable.Range(0, tasks).Select(i => TestFarm.Template($"t{i}"))]);
        var events = await farm.WatchAsync(job);
        var finished = await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job });

        Assert.Equal((tasks, tasks * 9 / 10, tasks / 10), (finished.Summary.Submitted, finished.Summary.Succeeded, finished.Summary.Failed));
        Assert.Equal(tasks, finished.Tasks.Count(task => task.State == TaskState.Finished));
        Assert.Equal(
            finished.Tasks.Select(task => task.Name).Order(StringComparer.Ordinal),
            events.Where(e => e.Task?.State == TaskState.Finished).Select(e => e.Task.Name).Order(StringComparer.Ordinal));
    }

    private static TaskTemplate Uncached(string name)
    {
        var template = TestFarm.Template(name);
        template.DoNotCache = true;
        return template;
    }
}
