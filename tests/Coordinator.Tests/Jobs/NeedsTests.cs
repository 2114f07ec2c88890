using BuildFarm.Coordinator.Resolving;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>What a task gets from the tasks that it needs.</summary>
public sealed class NeedsTests
{
    [Fact]
    public async Task Needs_ThatEndInOneReport_AreAllKnownWhenTheTaskIsResolved()
    {
        await using var farm = await TestFarm.StartAsync(services: all =>
        {
            all.AddSingleton<WatchedWork>();
            all.AddSingleton<IActionWork>(provider => provider.GetRequiredService<WatchedWork>());
        });
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var join = TestFarm.Template("join", "cat");
        join.Needs.Add(["left", "right"]);
        await farm.SubmitAsync(TestFarm.Template("left"), TestFarm.Template("right"), join);
        var content = await farm.PutTextAsync("made");
        var left = await worker.NextAssignmentAsync();
        var right = await worker.NextAssignmentAsync();

        await worker.CompleteAsync((left, FakeWorker.Success(("a", content))), (right, FakeWorker.Success(("b", content))));

        var (_, _, files) = await farm.ReadActionAsync((await worker.NextAssignmentAsync()).ActionDigest);
        Assert.Equal(["a", "b"], files.Keys.Order());
        Assert.Contains(("join", 0), farm.Server.Services.GetRequiredService<WatchedWork>().Resolved);
    }

    [Fact]
    public async Task Needs_OutputsThatCollide_FailTheTaskWithBothNames()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var both = TestFarm.Template("both");
        both.Needs.Add(["left", "right"]);

        var job = await farm.SubmitAsync(TestFarm.Template("left"), TestFarm.Template("right"), both);
        for (var i = 0; i < 2; i++)
        {
            var assignment = await worker.NextAssignmentAsync();
            await worker.CompleteAsync(assignment, FakeWorker.Success(("same", await farm.PutTextAsync(assignment.DisplayName))));
        }

        var task = (await farm.FinishAsync(job)).Tasks[2];

        Assert.Equal(Outcome.Failure, task.Outcome);
        Assert.Contains("left", task.Message, StringComparison.Ordinal);
        Assert.Contains("right", task.Message, StringComparison.Ordinal);
    }
}
