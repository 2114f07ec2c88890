using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Tasks that hang: what they waited for is kept before they are ended.</summary>
public sealed class StallTests(StallTests.ImpatientBench bench) : IClassFixture<StallTests.ImpatientBench>
{
    [Fact]
    [Trait("Fault", "29")]
    public async Task Stall_OfATaskThatDoesNothing_IsToldApartAndKeepsItsStacks()
    {
        await Requirements.AptAsync("python3", "python3 --version");
        var end = await bench.RunAsync(new TaskRun("python3", "-c", "import os, signal\nprint('the last words', flush=True)\nif os.fork() == 0: signal.pause()\nos.wait()") { Timeout = TimeSpan.FromMinutes(20) });
        Assert.Equal(Outcome.Timeout, end.Completion.Outcome);
        Assert.StartsWith("stalled: no output, CPU time or I/O for ", end.Completion.Message, StringComparison.Ordinal);
        Assert.Equal("the last words\n", end.Output);
        Assert.Contains("--- buildfarm: stalled", end.Error, StringComparison.Ordinal);
        Assert.Contains("waits in do_wait", end.Error, StringComparison.Ordinal);
        Assert.Contains("python3 -c import os, signal", end.Error, StringComparison.Ordinal);
        Assert.EndsWith("SIGTERM now, SIGKILL after the grace\n", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "29")]
    public async Task Timeout_OfATaskThatWorks_IsNoStallAndKeepsItsStacksToo()
    {
        var run = TaskRun.Shell("echo err >&2; while :; do :; done") with { Timeout = TimeSpan.FromSeconds(4711) };
        using var limit = bench.Time.Hold(run.Timeout);
        var assignment = await bench.PrepareAsync(run);
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, TestContext.Current.CancellationToken);
        await bench.LogHoldsAsync(assignment.StderrStreamName, "err\n");
        await limit.FireAsync();
        var completion = await running;
        Assert.Equal((Outcome.Timeout, "ran longer than its limit of 4711 s"), (completion.Outcome, completion.Message));
        var error = await bench.TextAsync(completion.Result.StderrDigest);
        Assert.StartsWith("err\n\n--- buildfarm: the time is up; ", error, StringComparison.Ordinal);
        Assert.Contains("while :; do :; done", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Task_ThatWritesOrComputesOrReads_IsLeftAlone()
    {
        // Each goes on for longer than the limit, and all at once.
        string[] scripts =
        [
            "i=0; while [ $i -lt 60 ]; do sleep 0.2; echo $i; i=$((i+1)); done",
            "timeout 12 sh -c 'while :; do :; done'; true",
            "i=0; while [ $i -lt 60 ]; do sleep 0.2; cat /bin/sh > f; i=$((i+1)); done",
        ];
        var ends = await Task.WhenAll(scripts.Select(bench.ShellAsync));
        Assert.All(ends, static end => Assert.Equal((Outcome.Success, ""), (end.Completion.Outcome, end.Completion.Message)));
    }

    [Fact]
    public async Task Stacks_WithADebuggerInTheRoot_HaveTheProgramsFrames()
    {
        await Requirements.AptAsync("gdb", "gdb --version");
        var end = await bench.RunAsync(new TaskRun("sleep", "100"));
        Assert.StartsWith("stalled", end.Completion.Message, StringComparison.Ordinal);
        Assert.Contains("gdb on process ", end.Error, StringComparison.Ordinal);
        Assert.Matches("#0 .*nanosleep", end.Error);
    }

    /// <summary>Some seconds without a sign of life are enough, each of which the worker has looked in.</summary>
    public sealed class ImpatientBench : WorkerBench
    {
        internal override void Configure(WorkerOptions options) => options.StallTimeout = TimeSpan.FromSeconds(8);
    }
}
