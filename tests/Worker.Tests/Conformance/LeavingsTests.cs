using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>What tasks and workers leave behind.</summary>
public abstract class LeavingsTests<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    public async Task Tasks_WhenDone_LeaveNothing()
    {
        await using var bench = new TBench();
        await bench.InitializeAsync();
        var mounts = Mounts(bench);
        for (var i = 0; i < 20; i++)
            Assert.Equal(Outcome.Success, (await bench.ShellAsync("mkdir -p a/b; echo x > a/b/c; chmod 0 a/b")).Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Equal(mounts, Mounts(bench));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Worker_AfterAKilledPredecessor_EndsWhatItLeft()
    {
        await using var bench = new TBench();
        await bench.InitializeAsync();
        // The predecessor's task goes on; a second engine over the same folder is its successor.
        var assignment = await bench.PrepareAsync(TaskRun.Shell("echo started; while :; do sleep 0.1; done"));
        var orphan = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        var predecessor = bench.Engine;
        await bench.StartEngineAsync();
        Assert.NotEqual(Outcome.Success, (await orphan.WaitAsync(TimeSpan.FromSeconds(60))).Outcome);
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await predecessor.DisposeAsync();
    }

    /// <summary>Of this worker: a daemon, and others' tests, mount at the same time.</summary>
    private static List<string> Mounts(WorkerBench bench) =>
        [.. File.ReadLines("/proc/self/mounts").Where(line => line.Contains(bench.Data, StringComparison.Ordinal))];
}
