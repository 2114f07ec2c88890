using System.Globalization;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>How large a task finds its machine to be.</summary>
public abstract class MachineViewTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Theory]
    [InlineData(1000, "none")]
    [InlineData(2000, "none")]
    [InlineData(1000, "allowed")]
    public async Task Cpus_InEveryPlaceThatProgramsLook_AreTheTasksOwn(int millis, string network)
    {
        const string Script = """
            import os, re
            online = open('/sys/devices/system/cpu/online').read().strip()
            count = sum(int((p.split('-') + [p])[1]) - int(p.split('-')[0]) + 1 for p in online.split(','))
            print(len(os.sched_getaffinity(0)), os.cpu_count(), count, len(re.findall('^processor', open('/proc/cpuinfo').read(), re.M)))
            print(sorted(os.sched_getaffinity(0)) == [int(n) for n in re.findall(r'^processor\s*: (\d+)', open('/proc/cpuinfo').read(), re.M)])
            print(os.environ['FARM_CPUS'], os.environ['MAKEFLAGS'])
            """;
        await using var own = new TBench { AllowNetwork = true };
        await own.InitializeAsync();
        var cpus = Math.Min(millis / 1000, CpuAffinity.Own().Count);
        var end = await own.RunAsync(new TaskRun("python3", "-c", Script) { CpuMillis = millis, Platform = { ["network"] = network } });
        Assert.Equal($"{cpus} {cpus} {cpus} {cpus}\nTrue\n{cpus} -j{cpus}\n", end.Output);
        Assert.Equal("", end.Error);
        var program = await own.RunAsync(new TaskRun("nproc") { CpuMillis = millis });
        Assert.Equal($"{cpus}\n", program.Output);
    }

    [Fact]
    public async Task Memory_InFilesOfTheMachineAndOfItsCgroup_IsTheTasksOwn()
    {
        const long Bytes = 192L << 20;
        var end = await bench.RunAsync(TaskRun.Shell(
            "sed -n 's/MemTotal: *//p' /proc/meminfo; free -m | sed -n 's/Mem: *\\([0-9]*\\).*/\\1/p'; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; echo $FARM_MEMORY; for f in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do [ ! -e $f ] || echo 1 > $f; done") with { MemoryBytes = Bytes });
        var bytes = Bytes.ToString(CultureInfo.InvariantCulture);
        Assert.Equal($"{Bytes >> 10} kB\n192\n{bytes}\n{bytes}\n", end.Output);
        Assert.Contains("Read-only file system", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void CpuPool_GivesTheLeastUsedAndTakesThemBack()
    {
        var pool = new CpuPool([0, 1, 2, 5]);
        var first = pool.Take(1500);
        using var second = pool.Take(1000);
        using var third = pool.Take(1);
        Assert.Equal("0-1 2 5", $"{CpuAffinity.Text(first.Cpus)} {CpuAffinity.Text(second.Cpus)} {CpuAffinity.Text(third.Cpus)}");
        first.Dispose();
        using var all = pool.Take(64_000);
        Assert.Equal("0-2,5", CpuAffinity.Text(all.Cpus));
        using var next = pool.Take(2000);
        Assert.Equal("0-1", CpuAffinity.Text(next.Cpus));
    }
}
