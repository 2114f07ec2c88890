using BuildFarm.TestKit;
using BuildFarm.TestKit.Logging;
using BuildFarm.V1;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Removal beside the tasks that run.</summary>
public sealed class BackgroundRemoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Add_WhileSomethingIsRemoved_ReturnsAtOnceUntilTheQueueIsFull()
    {
        await using var remover = new BackgroundRemover(NullLogger.Instance);
        using var gate = new ManualResetEventSlim();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await remover.AddAsync(new Leavings("slow", () =>
        {
            began.SetResult();
            gate.Wait();
        }));
        await began.Task.WaitAsync(Patience);
        var removed = 0;
        for (var i = 0; i < BackgroundRemover.Capacity; i++)
        {
            var added = remover.AddAsync(new Leavings($"{i}", () => removed++)).AsTask();
            Assert.True(added.IsCompletedSuccessfully);
        }

        var waits = remover.AddAsync(new Leavings("last", () => removed++)).AsTask();
        Assert.False(waits.IsCompleted);
        gate.Set();
        await waits.WaitAsync(Patience);
        await remover.CatchUpAsync().WaitAsync(Patience);
        Assert.Equal(BackgroundRemover.Capacity + 1, removed);
    }

    [Fact]
    public async Task Dispose_WithAQueue_RemovesAllOfItFirst()
    {
        using var folder = new TempFolder();
        var remover = new BackgroundRemover(NullLogger.Instance);
        for (var i = 0; i < BackgroundRemover.Capacity; i++)
        {
            var tree = Directory.CreateDirectory(folder.File($"tasks/{i}/upper/a/b")).Parent!.Parent!.Parent!.FullName;
            await remover.AddAsync(new Leavings(tree, () => TreeRemover.Remove(tree)));
        }

        await remover.DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("tasks")));
        var removed = false;
        await remover.AddAsync(new Leavings("late", () => removed = true));
        Assert.True(removed);
    }

    [Fact]
    public async Task Removal_ThatFails_IsNamedAndHoldsUpNothing()
    {
        using var logs = new TestLogs();
        await using var remover = new BackgroundRemover(logs.CreateLogger("remover"));
        await remover.AddAsync(new Leavings("the folder of 7", static () => throw new IOException("x is a mount")));
        var removed = false;
        await remover.AddAsync(new Leavings("next", () => removed = true));
        await remover.CatchUpAsync().WaitAsync(Patience);
        Assert.True(removed);
        var line = Assert.Single(logs.Entries).ToString();
        Assert.Contains("cannot remove the folder of 7", line, StringComparison.Ordinal);
        Assert.Contains("x is a mount", line, StringComparison.Ordinal);
        Assert.Contains("restart the worker", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Task_WhoseLeavingsWait_IsReportedAndTheNextOneRuns()
    {
        await using var bench = new WorkerBench();
        await bench.InitializeAsync();
        using var gate = new ManualResetEventSlim();
        await bench.Engine.Remover.AddAsync(new Leavings("slow", gate.Wait));
        var tasks = Path.Combine(bench.WorkerData, "tasks");
        for (var ended = 1; ended <= 2; ended++)
        {
            Assert.Equal(Outcome.Success, (await bench.ShellAsync("test ! -e kept && echo x > kept")).Completion.Outcome);
            Assert.Equal(ended, Directory.EnumerateFileSystemEntries(tasks).Count());
        }

        gate.Set();
        await bench.Engine.Remover.DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(tasks));
    }
}
