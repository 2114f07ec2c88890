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
        var mounts = await File.ReadAllTextAsync("/proc/self/mounts");
        for (var i = 0; i < 20; i++)
            Assert.Equal(Outcome.Success, (await bench.ShellAsync("mkdir -p a/b; echo x > a/b/c; chmod 0 a/b")).Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Equal(mounts, await File.ReadAllTextAsync("/proc/self/mounts"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        Assert.Empty(Cgroups(bench).SelectMany(static folder => Directory.EnumerateDirectories(folder)));
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
        Assert.NotEqual(Outcome.Success, (await orphan.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await predecessor.DisposeAsync();
    }

    private static IEnumerable<string> Cgroups(WorkerBench bench)
    {
        // Other tests run workers at the same time: only this one's count.
        var owner = WorkerEngine.Owner("bench", bench.WorkerData);
        return new[] { "memory", "pids", "systemd" }
            .Select(controller => $"/sys/fs/cgroup/{controller}/buildfarm/{owner}")
            .Where(Directory.Exists);
    }
}
