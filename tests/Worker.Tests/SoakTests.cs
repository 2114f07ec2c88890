using System.Globalization;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Docker;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Thousands of tasks on one worker.</summary>
[Collection(MeasuresTheProcess.Name)]
public sealed class SoakTests
{
    /// <summary>How many under docker, which takes a quarter of a second for each.</summary>
    private const string DockerTasks = "BUILDFARM_DOCKER_SOAK";

    // The log store keeps so many idle streams open; a leak of one a task would be far more.
    private const int Tolerance = 256 + 64;

    [Fact]
    [Trait("Tier", "Full")]
    [Trait("Fault", "35")]
    public Task Tasks_TwoThousandInARow_LeaveNothing() => SoakAsync(new WorkerBench(), 2000);

    [Fact]
    [Trait("Tier", "Full")]
    [Trait("Fault", "35")]
    public Task DockerTasks_HundredsInARow_LeaveNothing() =>
        SoakAsync(new DockerBench(), int.TryParse(Environment.GetEnvironmentVariable(DockerTasks), NumberStyles.None, CultureInfo.InvariantCulture, out var tasks) ? tasks : 400);

    private static async Task SoakAsync(WorkerBench made, int tasks)
    {
        await using var bench = made;
        await bench.InitializeAsync();
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        var (mounts, handles, marker) = (Mounts(bench), Handles(), HostProcesses.Marker());
        for (var i = 0; i < tasks; i++)
        {
            var end = await bench.RunAsync(TaskRun.Shell($"echo {i} > ~/f; cp ~/f /tmp/g; mkdir d; cp ~/f d/o; setsid sleep {marker} & exit $(({i} % 2))") with { Outputs = ["d"] });
            Assert.Equal(i % 2, end.Completion.ExitCode);
        }

        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        Assert.Equal(mounts, Mounts(bench));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
        Assert.Empty(Cgroups(bench));
        Assert.Empty(HostProcesses.WithCommand($"sleep\0{marker}\0"));
        Assert.InRange(Handles(), 0, handles + Tolerance);
    }

    /// <summary>The worker's own: under docker they are the machine's, else as the thread sees them that has its mount namespace.</summary>
    private static int Mounts(WorkerBench bench)
    {
        if (bench is DockerBench)
        {
            return File.ReadLines("/proc/self/mounts").Count(line => line.Contains(bench.Data, StringComparison.Ordinal));
        }

        var own = $"/{Path.GetFileName(bench.Data)}/worker/tasks /mnt/tasks ";
        return Directory.EnumerateDirectories("/proc/self/task")
            .Select(WorkerBench.MountsOf)
            .Where(mounts => mounts.Contains(own, StringComparison.Ordinal))
            .Max(static mounts => mounts.Split('\n').Count(static line => line.Contains(" /mnt/", StringComparison.Ordinal)));
    }

    private static int Handles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Under docker those of containers that wait for the next tasks are no leavings, and the bench leaves them out.</summary>
    private static IEnumerable<string> Cgroups(WorkerBench bench)
    {
        if (bench is DockerBench)
        {
            return [];
        }

        return new[] { "memory", "pids", "cpu", "systemd" }
            .Select(bench.CgroupFolder)
            .Where(Directory.Exists)
            .SelectMany(static folder => Directory.EnumerateDirectories(folder));
    }
}
