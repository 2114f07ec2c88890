using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A worker is killed in a task, and started again over the same folder.</summary>
public sealed class KilledWorkerTests
{
    [Fact]
    [Trait("Fault", "35")]
    public async Task Worker_KilledAndStartedAgain_LeavesNothingOfItsTask()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        // What a run that failed left of a worker of another name is not this one's.
        var name = $"again{Guid.NewGuid():N}"[..16];
        var first = bench.StartWorker(name);
        await first.ErrorLineAsync("linked to the coordinator");
        var held = new Held();
        // It says that it has started when what it leaves behind has.
        var script = $"echo x > f; echo x > /tmp/f; setsid sleep {held.Length} & until grep -q ^sleep /proc/$!/cmdline; do :; done; echo started; {held.Command}";
        await using var submit = bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", script);
        await submit.OutLineAsync("started");
        first.Kill();
        await first.EndAsync();
        var left = held.Processes();
        Assert.NotEmpty(left);

        var second = bench.StartWorker(name);
        await second.ErrorLineAsync("linked to the coordinator");
        // The task's second attempt may have begun.
        Assert.All(left, static process => Assert.True(HostProcesses.HasEnded(process)));
        await submit.SignalAsync("INT");
        await submit.SignalAsync("INT");
        await submit.EndAsync();
        var run = (await bench.RunAsync("jobs", "--limit", "1")).Out.Split('\n')[1].Split(' ')[0];
        WhoRanIt.AssertKnown(await bench.RunAsync("status", run, "--json"), number: 1, name, "infrastructure");
        await second.SignalAsync("TERM");
        await second.EndAsync();

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.PathOf(name), "worker", "tasks")));
        Assert.DoesNotContain(bench.PathOf(name), await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        foreach (var controller in new[] { "memory", "pids", "cpu", "systemd" })
        {
            var cgroups = $"/sys/fs/cgroup/{controller}/buildfarm";
            Assert.DoesNotContain(Directory.Exists(cgroups) ? Directory.EnumerateDirectories(cgroups) : [], folder => Path.GetFileName(folder).StartsWith($"{name}-", StringComparison.Ordinal));
        }
    }
}
