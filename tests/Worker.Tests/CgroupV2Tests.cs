using System.Diagnostics;
using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Oci;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Version 2 against a tree of plain files that stands in for the kernel's.</summary>
public sealed class CgroupV2Tests
{
    [Fact]
    public void Create_WithLimits_WritesThem()
    {
        using var tree = new TempFolder();
        using var cgroup = Create(tree, "pod/worker", "one", new ContainerLimits(64 << 20, 2000, HardCpu: true, 0));
        var folder = Path.Combine(tree.Path, "pod/worker/buildfarm-w/one");
        Assert.Equal("67108864", File.ReadAllText(Path.Combine(folder, "memory.max")));
        Assert.Equal("0", File.ReadAllText(Path.Combine(folder, "memory.swap.max")));
        Assert.Equal("1024", File.ReadAllText(Path.Combine(folder, "pids.max")));
        Assert.Equal("200", File.ReadAllText(Path.Combine(folder, "cpu.weight")));
        Assert.Equal("200000 100000", File.ReadAllText(Path.Combine(folder, "cpu.max")));
        Assert.Equal("/pod/worker/buildfarm-w/one/c", cgroup.RuntimePath);
    }

    [Fact]
    public void ReadUsage_FromItsFiles_IsWhatTheyHold()
    {
        using var tree = new TempFolder();
        using var cgroup = Create(tree, "pod/worker", "one", new ContainerLimits(64 << 20, 1000, HardCpu: false, 0));
        var folder = Path.Combine(tree.Path, "pod/worker/buildfarm-w/one");
        File.WriteAllText(Path.Combine(folder, "memory.peak"), "4096\n");
        File.WriteAllText(Path.Combine(folder, "memory.events"), "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n");
        File.WriteAllText(Path.Combine(folder, "cpu.stat"), "usage_usec 1500000\nuser_usec 1000000\n");
        File.WriteAllText(Path.Combine(folder, "pids.events"), "max 1\n");
        File.WriteAllText(Path.Combine(folder, "pids.peak"), "12\n");
        File.WriteAllText(Path.Combine(folder, "io.stat"), "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n");
        Assert.Equal(
            new CgroupUsage(4096, TimeSpan.FromSeconds(1.5), 2, ReachedProcessLimit: true) { PeakProcesses = 12, Disk = new DiskTraffic(4097, 8192) },
            cgroup.ReadUsage());
    }

    [Fact]
    public void Detect_OnEachKindOfMachine_ChoosesItsVersion()
    {
        const string Hybrid = "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        Assert.Equal("cgroup v1", CgroupDetector.Detect("w", Hybrid, "0::/\n").Description);
        Assert.Contains("no cgroups", Assert.Throws<RuntimeUnusableException>(() => CgroupDetector.Detect("w", "proc /proc proc rw 0 0\n", "")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/farm.service", true, "/farm.service")]
    [InlineData("/farm.service/buildfarm-agent", true, "/farm.service")]
    [InlineData("/buildfarm-agent", true, "")]
    [InlineData("/", true, "")]
    [InlineData("", true, "")]
    [InlineData("/user.slice/user-0.slice/session-1.scope", true, "")]
    [InlineData("/user.slice/user-7.slice/user@7.service/app.slice/run-1.scope/buildfarm-agent", false, "/user.slice/user-7.slice/user@7.service/app.slice/run-1.scope")]
    public void Place_OfAWorker_IsTheSameAtEveryStart(string own, bool isRoot, string place) => Assert.Equal(place, CgroupV2Place.Of(own, isRoot));

    [Fact]
    public void HandDown_WithProcessesInTheCgroup_MovesThemIntoOneOfTheirOwnFirst()
    {
        using var tree = new TempFolder();
        var (folder, agent) = (tree.File("pod"), tree.File("pod/buildfarm-agent"));
        Directory.CreateDirectory(agent);
        File.WriteAllText($"{folder}/cgroup.type", "domain\n");
        File.WriteAllText($"{folder}/cgroup.procs", $"{Environment.ProcessId}\n41\n");
        File.WriteAllText($"{folder}/cgroup.subtree_control", "pids\n");
        File.WriteAllText($"{agent}/cgroup.procs", "");
        CgroupV2Place.HandDown(folder);
        // The kernel takes each write as one more; a file keeps what the longest and the last have left.
        Assert.StartsWith("41", File.ReadAllText($"{agent}/cgroup.procs"), StringComparison.Ordinal);
        Assert.NotEqual("pids\n", File.ReadAllText($"{folder}/cgroup.subtree_control"));
    }

    [Fact]
    public void HandDown_WhereAnEarlierStartHasDoneIt_MovesNothing()
    {
        using var tree = new TempFolder();
        File.WriteAllText(tree.File("cgroup.type"), "domain\n");
        File.WriteAllText(tree.File("cgroup.procs"), "41\n");
        File.WriteAllText(tree.File("cgroup.subtree_control"), "cpu memory pids\n");
        CgroupV2Place.HandDown(tree.Path);
        Assert.False(Directory.Exists(tree.File("buildfarm-agent")));
    }

    [Fact]
    public void HandDown_AtTheMachinesRoot_MovesNothing()
    {
        using var tree = new TempFolder();
        File.WriteAllText(tree.File("cgroup.procs"), "1\n41\n");
        File.WriteAllText(tree.File("cgroup.subtree_control"), "");
        CgroupV2Place.HandDown(tree.Path);
        Assert.False(Directory.Exists(tree.File("buildfarm-agent")));
        Assert.StartsWith("+io", File.ReadAllText(tree.File("cgroup.subtree_control")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfMovingCommand_IsInTheCgroupAndThenTheProgram()
    {
        using var tree = new TempFolder();
        using var cgroup = Create(tree, "pod/worker", "one", new ContainerLimits(64 << 20, 1000, HardCpu: false, 0));
        var (output, error, exitCode) = await RunAsync(SelfMovingCommand.Of(cgroup, tree.File("log"), "/bin/sh", ["crun", "-c", "echo \"$@\"; echo e >&2; exit 7", "x", "a b", "c"]));
        Assert.Equal(("a b c\n", "e\n", 7), (output, error, exitCode));
        Assert.Equal("0\n", await File.ReadAllTextAsync(cgroup.ProcessesFile, TestContext.Current.CancellationToken));
        Assert.Equal("", await File.ReadAllTextAsync(tree.File("log"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task SelfMovingCommand_ThatMayNotMove_SaysSoInTheLogAndStartsNothing()
    {
        using var tree = new TempFolder();
        using var cgroup = Create(tree, "pod/worker", "one", new ContainerLimits(64 << 20, 1000, HardCpu: false, 0));
        File.Delete(cgroup.ProcessesFile);
        Directory.CreateDirectory(cgroup.ProcessesFile);
        var (output, error, exitCode) = await RunAsync(SelfMovingCommand.Of(cgroup, tree.File("log"), "/bin/sh", ["crun", "-c", "echo started"]));
        Assert.Equal(("", ""), (output, error));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("cgroup.procs", await File.ReadAllTextAsync(tree.File("log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<(string Output, string Error, int ExitCode)> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(SelfMovingCommand.Shell, command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (output, await error, process.ExitCode);
    }

    private static ICgroup Create(TempFolder tree, string own, string id, ContainerLimits limits)
    {
        // The kernel makes these files with each folder; here they are made beforehand.
        foreach (var folder in new[] { own, $"{own}/buildfarm-w", $"{own}/buildfarm-w/{id}" })
        {
            Directory.CreateDirectory(Path.Combine(tree.Path, folder));
            foreach (var file in new[] { "cgroup.subtree_control", "cgroup.procs", "memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cpu.max" })
                File.WriteAllText(Path.Combine(tree.Path, folder, file), "");
        }

        return new CgroupsV2(tree.Path, "/" + own, "w").Create(id, limits);
    }
}
