using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Cgroups;
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
        Assert.Equal(new CgroupUsage(4096, TimeSpan.FromSeconds(1.5), 2, ReachedProcessLimit: true), cgroup.ReadUsage());
    }

    [Fact]
    public void Detect_OnEachKindOfMachine_ChoosesItsVersion()
    {
        const string Hybrid = "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        Assert.Equal("cgroup v1", CgroupDetector.Detect("w", Hybrid, "0::/\n").Description);
        Assert.Contains("no cgroups", Assert.Throws<RuntimeUnusableException>(() => CgroupDetector.Detect("w", "proc /proc proc rw 0 0\n", "")).Message, StringComparison.Ordinal);
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
