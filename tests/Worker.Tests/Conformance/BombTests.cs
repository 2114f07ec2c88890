using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>A task that takes without end: what ended it is named, and a neighbour that runs meanwhile is not disturbed.</summary>
/// <typeparam name="TBench">Has small limits: see <see cref="SmallLimits"/>.</typeparam>
public abstract class BombTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    [Trait("Fault", "23")]
    public async Task ForkBomb_IsStoppedByTheProcessLimitAndNamed()
    {
        const string Bomb = "import os, time\nwhile True:\n  try:\n    if os.fork() == 0: time.sleep(100)\n  except OSError: raise SystemExit(3)";
        var end = await BesideANeighbourAsync(new TaskRun("python3", "-c", Bomb) { MemoryBytes = 2L << 30 });
        Assert.Equal(Outcome.ResourceLimit, end.Completion.Outcome);
        Assert.StartsWith("reached its limit of 1024 processes", end.Completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "20")]
    public async Task MemoryBomb_IsOutOfMemory()
    {
        var end = await BesideANeighbourAsync(new TaskRun("python3", "-c", "x = []\nwhile True: x.append(bytearray(1 << 20))") { MemoryBytes = 64 << 20 });
        Assert.Equal(Outcome.OutOfMemory, end.Completion.Outcome);
        Assert.InRange(end.Completion.Usage.PeakMemoryBytes, 48 << 20, 64 << 20);
    }

    [Theory]
    [Trait("Fault", "34")]
    [InlineData("cat /dev/zero > big")]
    [InlineData("exec 9> gone; rm gone; cat /dev/zero >&9")]
    [InlineData("i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > f$i; done")]
    public async Task DiskBomb_InTheWorkspace_IsEndedAndNamed(string script)
    {
        var end = await BesideANeighbourAsync(TaskRun.Shell(script));
        Assert.Equal((Outcome.ResourceLimit, "wrote more than 128 MiB to its workspace"), (end.Completion.Outcome, end.Completion.Message));
    }

    [Fact]
    public async Task ManySmallFiles_InTheWorkspace_AreEndedAndNamed()
    {
        var end = await BesideANeighbourAsync(new TaskRun("python3", "-c", "i = 0\nwhile True:\n  open(f'f{i}', 'w').close(); i += 1"));
        Assert.Equal((Outcome.ResourceLimit, "made more than 4000 files in its workspace"), (end.Completion.Outcome, end.Completion.Message));
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/home/farm")]
    [InlineData("/dev/shm")]
    public async Task Inodes_OfThePrivateFolders_RunOutForTheTaskAloneAndAreNamed(string folder)
    {
        var end = await BesideANeighbourAsync(new TaskRun("python3", "-c", $"i = 0\nwhile True:\n  open(f'{folder}/f{{i}}', 'w').close(); i += 1") { MemoryBytes = 64 << 20 });
        Assert.Equal(Outcome.ResourceLimit, end.Completion.Outcome);
        Assert.StartsWith("made as many files in /tmp, HOME and /dev/shm as it may, 16384", end.Completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_WithoutEndBelowEachOther_AreEndedAndRemoved()
    {
        var end = await BesideANeighbourAsync(new TaskRun("python3", "-c", "import os\nwhile True: os.mkdir('d'); os.chdir('d')"));
        Assert.Equal(Outcome.ResourceLimit, end.Completion.Outcome);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
    }

    [Fact]
    public void DeepTree_IsMeasuredAndRemovedInBoundedStackAndDescriptors()
    {
        // In memory, where thousands of folders are made at once.
        var deep = Directory.CreateDirectory($"/dev/shm/buildfarm-deep-{Environment.ProcessId}-{GetType().Name}").FullName;
        var made = DirectoryHandle.Open(deep);
        for (var i = 0; i < 20_000; i++)
        {
            var next = made.Create("d");
            made.Dispose();
            made = next;
        }

        made.Dispose();
        Assert.True(TreeMeter.Measure(deep, long.MaxValue).IsTooDeep);
        TreeRemover.Remove(deep);
        Assert.False(Directory.Exists(deep));
    }

    [Fact]
    [Trait("Fault", "34")]
    public async Task LogBomb_IsEndedWithEverythingUpToTheLimit()
    {
        var end = await BesideANeighbourAsync(TaskRun.Shell("yes 0123456789 >&2"));
        Assert.Equal((Outcome.ResourceLimit, 4 << 20), (end.Completion.Outcome, end.Error.Length));
        Assert.StartsWith("wrote more than 4096 KiB of log", end.Completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "34")]
    public async Task OutputBomb_IsRefusedByItsSize()
    {
        var end = await BesideANeighbourAsync(TaskRun.Shell("head -c 70000000 /dev/zero > out") with { Outputs = ["out"] });
        Assert.Equal(Outcome.ResourceLimit, end.Completion.Outcome);
        Assert.Contains("output out has 70000000 bytes", end.Completion.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs it while another task writes, forks and computes, which must succeed.</summary>
    private async Task<TaskEnd> BesideANeighbourAsync(TaskRun bomb)
    {
        await Requirements.AptAsync("python3", "python3 --version");
        var assignment = await bench.PrepareAsync(TaskRun.Shell("echo x > f; while [ ! -e /tmp/stop ]; do cat f > g; echo $(( $(cat g | wc -c) )) || exit 9; sleep 0.02; done"));
        using var stop = new CancellationTokenSource();
        var neighbour = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        var end = await bench.RunAsync(bomb);
        Assert.False(neighbour.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal(Outcome.Cancelled, (await neighbour).Outcome);
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
        return end;
    }
}
