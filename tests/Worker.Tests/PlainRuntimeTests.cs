using System.Text;
using BuildFarm.BlobStore;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Worker.Tests;

/// <summary>What holds even without isolation.</summary>
public sealed class PlainRuntimeTests(PlainRuntimeTests.PlainBench bench) : IClassFixture<PlainRuntimeTests.PlainBench>
{
    [Fact]
    public async Task Homes_OfTwoTasks_AreTheirOwnAndGoWithThem()
    {
        var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => bench.ShellAsync("test ! -e ~/.sage && mkdir ~/.sage && sleep 0.2 && echo x > $TMPDIR/x && ls $TMPDIR")));
        Assert.All(ends, static end => Assert.Equal((Outcome.Success, "x\n"), (end.Completion.Outcome, end.Output)));
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
    }

    [Fact]
    public async Task Inputs_EditedInPlace_LeaveTheStoreUnchanged()
    {
        var end = await bench.RunAsync(TaskRun.Shell("echo changed >> f; cat f > out") with { Inputs = new() { ["f"] = "plain\n" }, Outputs = ["out"] });
        Assert.Equal("plain\nchanged\n", await bench.TextAsync(Assert.Single(end.Completion.Result.OutputFiles).Digest));
        Assert.Equal("plain\n", Encoding.UTF8.GetString((await bench.Store.ReadAllBytesAsync(Digest.OfBytes("plain\n"u8)))!));
    }

    [Fact]
    public async Task Timeout_WithChildren_EndsThemAll()
    {
        var end = await bench.RunAsync(TaskRun.Shell("sleep 100 & sleep 100") with { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(Outcome.Timeout, end.Completion.Outcome);
    }

    [Fact]
    public async Task Command_ThatDoesNotExist_SaysSo()
    {
        var end = await bench.RunAsync(new TaskRun("no-such-program"));
        Assert.Equal((127, "command not found: no-such-program"), (end.Completion.ExitCode, end.Completion.Message));
    }

    public sealed class PlainBench : WorkerBench
    {
        protected override string Isolation => "none";
    }
}
