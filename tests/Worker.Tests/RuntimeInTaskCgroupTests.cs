using System.Globalization;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>The runtime is in its task's cgroup from its beginning: what holds however early or late either of them ends.</summary>
public sealed class RuntimeInTaskCgroupTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    private const int KillSignal = 9;
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Memory_FilledByFilesAlone_IsOutOfMemoryAndLeavesNothing()
    {
        // No process of the task is large here, so the kernel may as well choose the runtime.
        var end = await bench.RunAsync(TaskRun.Shell("cat /dev/zero > /tmp/a & cat /dev/zero > $HOME/a & wait; wait; false") with { MemoryBytes = 64 << 20 });
        Assert.Equal(Outcome.OutOfMemory, end.Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
    }

    [Fact]
    public async Task Runtime_KilledByTheKernel_TakesItsContainerWithIt()
    {
        var assignment = await bench.PrepareAsync(TaskRun.Shell("echo started; while :; do sleep 0.05; done"));
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        var processes = TaskProcesses();
        Assert.True(processes.Count >= 3, "runtime, init and command are in the task's cgroup");
        Assert.Equal(0, Libc.Kill(processes.Single(static process => IsRuntime(process)), KillSignal));
        var completion = await running.WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.NotEqual(Outcome.Success, completion.Outcome);
        Assert.DoesNotContain(processes, static process => Command(process).Length > 0);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Task_CancelledAtAnyMomentOfItsStart_LeavesNothing()
    {
        for (var i = 0; i < 30; i++)
        {
            using var cancel = new CancellationTokenSource();
            var assignment = await bench.PrepareAsync(TaskRun.Shell("sleep 600"));
            // The phase begins when the runtime's program has been loaded; each round ends it a little later.
            var spins = i * 200_000;
            var completion = await bench.Engine.Executor.ExecuteAsync(
                assignment,
                phase =>
                {
                    if (phase == AttemptPhase.Running)
                    {
                        Thread.SpinWait(spins);
                        cancel.Cancel();
                    }
                },
                cancel.Token).WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal((Outcome.Cancelled, "ended by the farm while it ran"), (completion.Outcome, completion.Message));
        }

        Assert.Empty(TaskProcesses());
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Process_OfATask_HasTheLimitsOfItsCgroup()
    {
        var end = await bench.RunAsync(TaskRun.Shell("cat /proc/self/cgroup") with { MemoryBytes = 64 << 20 });
        foreach (var controller in WorkerBench.HasUnifiedCgroups ? [""] : (ReadOnlySpan<string>)["memory", "pids", "cpu", "cpuacct"])
        {
            Assert.Contains(end.Output.Split('\n'), line => line.Split(':') is [_, var names, var path] && names.Split(',').Contains(controller) && path.StartsWith(bench.CgroupFolder(controller)[$"/sys/fs/cgroup/{controller}".TrimEnd('/').Length..] + "/", StringComparison.Ordinal));
        }

        // The thread that starts runtimes is home again, or these counts would be the worker's.
        Assert.InRange(end.Completion.Usage.PeakMemoryBytes, 1, 64 << 20);
    }

    /// <summary>It runs from a copy of its program in memory.</summary>
    private static bool IsRuntime(int process) => new FileInfo($"/proc/{process}/exe").LinkTarget?.StartsWith("/memfd:runtime", StringComparison.Ordinal) is true;

    private static string Command(int process) => HostProcesses.CommandOf(process).Split('\0')[0];

    private List<int> TaskProcesses()
    {
        var folder = bench.CgroupFolder("pids");
        return !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories)
                .SelectMany(ProcessesOf)
                .Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    private static string[] ProcessesOf(string cgroup)
    {
        try
        {
            return File.ReadAllLines($"{cgroup}/cgroup.procs");
        }
        catch (IOException) when (!Directory.Exists(cgroup))
        {
            // Removed meanwhile, which the kernel does only to one without processes.
            return [];
        }
    }
}
