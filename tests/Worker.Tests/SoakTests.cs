using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Thousands of tasks on one worker.</summary>
public sealed class SoakTests
{
    private const int Tasks = 2000;

    // The log store keeps 256 idle streams open; a leak of one a task would be far more.
    private const int Tolerance = Tasks / 4;

    [Fact]
    [Trait("Tier", "Full")]
    [Trait("Fault", "35")]
    public async Task Tasks_TwoThousandInARow_LeaveNothing()
    {
        await using var bench = new WorkerBench();
        await bench.InitializeAsync();
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        var (mounts, handles) = (Mounts(bench), Handles());
        for (var i = 0; i < Tasks; i++)
        {
            var end = await bench.RunAsync(TaskRun.Shell($"echo {i} > ~/f; cp ~/f /tmp/g; mkdir d; cp ~/f d/o; setsid sleep 1000 & exit $(({i} % 2))") with { Outputs = ["d"] });
            Assert.Equal(i % 2, end.Completion.ExitCode);
        }

        await bench.Engine.Remover.CatchUpAsync();
        Assert.Equal(mounts, Mounts(bench));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        Assert.Empty(Cgroups(bench));
        Assert.Empty(HostProcesses.WithCommand("sleep\01000\0"));
        Assert.InRange(Handles(), 0, handles + Tolerance);
    }

    /// <summary>The worker's own, as the thread sees them that has its mount namespace.</summary>
    private static int Mounts(WorkerBench bench)
    {
        var own = $"/{Path.GetFileName(bench.Data)}/worker/tasks /mnt/tasks ";
        return Directory.EnumerateDirectories("/proc/self/task")
            .Select(static thread => File.ReadAllText($"{thread}/mountinfo"))
            .Where(mounts => mounts.Contains(own, StringComparison.Ordinal))
            .Max(static mounts => mounts.Split('\n').Count(static line => line.Contains(" /mnt/", StringComparison.Ordinal)));
    }

    private static int Handles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static IEnumerable<string> Cgroups(WorkerBench bench)
    {
        var owner = WorkerEngine.Owner("bench", bench.WorkerData);
        return new[] { "memory", "pids", "cpu", "systemd" }
            .Select(controller => $"/sys/fs/cgroup/{controller}/buildfarm/{owner}")
            .Where(Directory.Exists)
            .SelectMany(static folder => Directory.EnumerateDirectories(folder));
    }
}
