using System.Text;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>Outcomes, logs and inputs of real containers.</summary>
public abstract class ExecutionTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    public async Task Command_ThatSucceeds_HasItsOutputInline()
    {
        var end = await bench.ShellAsync("echo hi; echo oops >&2");
        Assert.Equal(Outcome.Success, end.Completion.Outcome);
        Assert.Equal(("hi\n", "oops\n"), (end.Output, end.Error));
        Assert.Equal("hi\n", end.Completion.Result.StdoutRaw.ToStringUtf8());
        Assert.Equal("bench", end.Completion.Result.ExecutionMetadata.Worker);
        Assert.True(end.Completion.Usage.PeakMemoryBytes > 0);
        Assert.True(end.Completion.Usage.CpuTime.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Command_WithProcessesAndDirectWrites_TellsHowMany()
    {
        var end = await bench.ShellAsync("sleep 0.3 & sleep 0.3 & sleep 0.3 & wait; dd if=/dev/zero of=f bs=1M count=8 oflag=direct 2>&1 && dd if=f of=/dev/null bs=1M iflag=direct 2>&1");

        Assert.True(end.Completion.Outcome == Outcome.Success, end.Output);
        var counts = end.Completion.Result.ExecutionMetadata.AuxiliaryMetadata.Single().Unpack<AttemptFacts>().Counts;
        // The shell and its three at least; the farm's process 1 is beside them.
        Assert.InRange(counts.PeakProcesses, 4, 16);
        Assert.InRange(counts.WrittenBytes, WorkerBench.CountsDisks ? 8 << 20 : 0, 64 << 20);
        Assert.InRange(counts.ReadBytes, WorkerBench.CountsDisks ? 8 << 20 : 0, 64 << 20);
    }

    [Theory]
    [Trait("Fault", "21")]
    [InlineData("exit 3", 3, "exit code 3")]
    [InlineData("kill -9 $$", 137, "signal 9, SIGKILL")]
    [InlineData("kill -ABRT $$", 134, "signal 6, SIGABRT")]
    [InlineData("exit 137", 137, "137")]
    public async Task Command_ThatFails_IsAFailureWithItsExitCode(string script, int exitCode, string message)
    {
        var end = await bench.ShellAsync(script);
        Assert.Equal((Outcome.Failure, exitCode), (end.Completion.Outcome, end.Completion.ExitCode));
        Assert.Contains(message, end.Completion.Message, StringComparison.Ordinal);
        Assert.Equal("", end.Error);
    }

    [Fact]
    public async Task Command_ThatDoesNotExist_Is127AndSaysSo()
    {
        var end = await bench.RunAsync(new TaskRun("no-such-program", "x"));
        Assert.Equal((Outcome.Failure, 127, "command not found: no-such-program"), (end.Completion.Outcome, end.Completion.ExitCode, end.Completion.Message));
    }

    [Fact]
    public async Task Command_WithARelativePath_IsFoundFromTheWorkingDirectory()
    {
        var end = await bench.RunAsync(new TaskRun("./tool") { Inputs = { ["sub/tool*"] = "#!/bin/sh\npwd\n" }, WorkingDirectory = "sub" });
        Assert.Equal("/farm/work/sub\n", end.Output);
    }

    [Fact]
    public async Task Timeout_WithATaskThatIgnoresTerm_KeepsItsLogAndOutputs()
    {
        var run = TaskRun.Shell("trap 'echo got term' TERM; echo started > out; echo started; while :; do sleep 0.1; done") with
        {
            Timeout = TimeSpan.FromMinutes(73),
            Outputs = ["out"],
        };
        // Each ends when the task has written what it is to have written by then.
        using var limit = bench.Time.Hold(run.Timeout);
        using var grace = bench.Time.Hold(WorkerBench.Grace);
        var assignment = await bench.PrepareAsync(run);
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        await bench.LogHoldsAsync(assignment.StdoutStreamName, "started\n");
        await limit.FireAsync();
        await bench.LogHoldsAsync(assignment.StdoutStreamName, "started\ngot term\n");
        await grace.FireAsync();
        var completion = await running;
        Assert.Equal(Outcome.Timeout, completion.Outcome);
        Assert.StartsWith("started\ngot term\n", await bench.TextAsync(completion.Result.StdoutDigest), StringComparison.Ordinal);
        Assert.Equal("out", Assert.Single(completion.Result.OutputFiles).Path);
    }

    [Fact]
    public async Task Memory_BeyondTheLimit_IsOutOfMemoryWithItsPeak()
    {
        await TestKit.Requirements.AptAsync("python3", "python3 --version");
        var end = await bench.RunAsync(new TaskRun("python3", "-c", "x = bytearray(200 << 20)") { MemoryBytes = 64 << 20 });
        Assert.Equal(Outcome.OutOfMemory, end.Completion.Outcome);
        Assert.True(end.Completion.Usage.PeakMemoryBytes > 32 << 20);
    }

    [Fact]
    public async Task Log_BeyondTheLimit_IsAResourceLimitWithAllUpToIt()
    {
        var end = await bench.ShellAsync("yes 0123456789");
        Assert.Equal(Outcome.ResourceLimit, end.Completion.Outcome);
        Assert.Equal(4 << 20, end.Output.Length);
    }

    [Fact]
    public async Task Log_OfARunningTask_CanBeFollowed()
    {
        var assignment = await bench.PrepareAsync(TaskRun.Shell("echo one; while [ ! -e /tmp/never ]; do sleep 0.05; done"));
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, stop.Token);
        var buffer = new byte[100];
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var read = await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, buffer, guard.Token);
        Assert.Equal("one\n", Encoding.UTF8.GetString(buffer, 0, read));
        await stop.CancelAsync();
        Assert.Equal(Outcome.Cancelled, (await running).Outcome);
        Assert.Equal(0, await bench.Stores.Logs.ReadAsync(assignment.StderrStreamName, 0, buffer, guard.Token));
    }

    [Fact]
    public async Task Log_ThatIsLong_IsWholeInTheStore()
    {
        var end = await bench.ShellAsync("seq 1 200000");
        Assert.Equal(string.Concat(Enumerable.Range(1, 200000).Select(n => $"{n}\n")), end.Output);
        Assert.True(end.Completion.Result.StdoutRaw.IsEmpty);
    }

    [Fact]
    public async Task Inputs_ThatAreMissing_AreNamed()
    {
        var absent = Digest.OfBytes("nobody has this"u8);
        var root = new Build.Bazel.Remote.Execution.V2.Directory();
        root.Files.Add(new Build.Bazel.Remote.Execution.V2.FileNode { Name = "f", Digest = absent.ToProto() });
        var assignment = await bench.PrepareAsync(new TaskRun("true"), await bench.Store.PutMessageAsync(root));
        var completion = await bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        Assert.Equal(Outcome.Infrastructure, completion.Outcome);
        Assert.Equal(absent.ToProto(), Assert.Single(completion.Missing));
    }

    [Fact]
    public async Task Inputs_EditedInPlace_LeaveTheStoreUnchanged()
    {
        var inputs = new Dictionary<string, string> { ["d/file"] = "original\n", ["tool*"] = "#!/bin/sh\necho tool\n", ["link->d/file"] = "" };
        var edit = new TaskRun("sh", "-c", "./tool; cat link; echo changed >> d/file; touch -d 2001-01-01 d/file; mv d/file e; rm tool; cat e") { Inputs = inputs };
        var first = await bench.RunAsync(edit);
        Assert.Equal("", first.Error);
        Assert.Equal("tool\noriginal\noriginal\nchanged\n", first.Output);
        var second = await bench.RunAsync(edit);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal("original\n", Encoding.UTF8.GetString((await bench.Store.ReadAllBytesAsync(Digest.OfBytes("original\n"u8)))!));
    }

    [Fact]
    public async Task Processes_LeftInTheBackground_EndWithTheTask()
    {
        var marker = HostProcesses.Marker();
        var end = await bench.ShellAsync($"setsid sleep {marker} & echo started");
        Assert.Equal(Outcome.Success, end.Completion.Outcome);
        Assert.Empty(HostProcesses.WithCommand($"sleep\0{marker}\0"));
    }

    [Fact]
    public async Task Forks_WithoutEnd_ReachTheLimitAndLeaveTheWorkerHealthy()
    {
        var bomb = await bench.RunAsync(new TaskRun("python3", "-c", "import os, time\nwhile True:\n  if os.fork() == 0: time.sleep(100)") { MemoryBytes = 2L << 30 });
        Assert.Contains(bomb.Completion.Outcome, new[] { Outcome.Failure, Outcome.ResourceLimit });
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
    }
}
