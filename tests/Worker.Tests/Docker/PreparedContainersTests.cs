using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>Containers made ahead: used once, bounded, and gone with the worker.</summary>
public sealed class PreparedContainersTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Task_AfterAnother_GetsAContainerThatWaited_AndNoneIsUsedTwice()
    {
        await using var bench = new DockerBench();
        await bench.InitializeAsync();
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 4; i++)
        {
            await bench.Runtime.Prepared.SettleAsync().WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal(i == 0 ? 0 : 1, bench.Runtime.Prepared.Count);
            // What tells containers apart: each has its own root, mounted anew.
            var end = await bench.ShellAsync("test ! -e ~/x && test ! -e /tmp/x && touch ~/x /tmp/x && sed -n 's,.* / / .*upperdir=\\([^,]*\\).*,\\1,p' /proc/self/mountinfo");
            Assert.Equal(Outcome.Success, end.Completion.Outcome);
            Assert.True(hosts.Add(end.Output), end.Output);
        }
    }

    [Fact]
    public async Task Container_ThatDiedWaiting_IsNotUsed()
    {
        await using var bench = new DockerBench();
        await bench.InitializeAsync();
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await bench.Runtime.Prepared.SettleAsync().WaitAsync(Guard, TestContext.Current.CancellationToken);
        await bench.Engine.Remover.CatchUpAsync();
        var waiting = Assert.Single(await bench.ContainersAsync());
        using (var client = bench.Client())
        {
            var gone = client.WaitAsync(waiting, CancellationToken.None);
            Assert.Null(await client.KillAsync(waiting, "SIGKILL", CancellationToken.None));
            Assert.Equal(137, (await gone).Value);
        }

        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
    }

    [Fact]
    public async Task Classes_MoreThanThereIsRoomFor_LeaveTheNewest()
    {
        await using var bench = new TwoBench();
        await bench.InitializeAsync();
        for (var i = 1; i <= 4; i++)
        {
            Assert.Equal(Outcome.Success, (await bench.RunAsync(new TaskRun("true") { MemoryBytes = i * (64L << 20) })).Completion.Outcome);
            await bench.Runtime.Prepared.SettleAsync().WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal(Math.Min(i, 2), bench.Runtime.Prepared.Count);
        }

        await bench.Engine.Remover.CatchUpAsync();
        Assert.Equal(2, (await bench.ContainersAsync()).Count);
    }

    [Fact]
    public async Task Start_GivenUp_LeavesItsContainerToTheNext()
    {
        await using var bench = new DockerBench();
        await bench.InitializeAsync();
        using var stop = new CancellationTokenSource();
        var assignment = await bench.PrepareAsync(TaskRun.Shell("true"));
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, stop.Token);
        await stop.CancelAsync();
        Assert.Equal(Outcome.Cancelled, (await running.WaitAsync(Guard, TestContext.Current.CancellationToken)).Outcome);
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Worker_ThatStops_LeavesNoContainer()
    {
        await using var bench = new DockerBench();
        await bench.InitializeAsync();
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await bench.Engine.DisposeAsync();
        Assert.Empty(await bench.ContainersAsync());
        await bench.StartEngineAsync();
    }

    [Fact]
    public async Task Worker_AfterAKilledPredecessor_RemovesWhatWaited()
    {
        await using var bench = new DockerBench();
        await bench.InitializeAsync();
        Assert.Equal(Outcome.Success, (await bench.ShellAsync("true")).Completion.Outcome);
        await bench.Runtime.Prepared.SettleAsync().WaitAsync(Guard, TestContext.Current.CancellationToken);
        await bench.Engine.Remover.CatchUpAsync();
        var left = Assert.Single(await bench.ContainersAsync());
        // The predecessor is still there, as far as its objects go; its successor does not know it.
        var predecessor = bench.Engine;
        await bench.StartEngineAsync();
        await bench.Engine.Remover.CatchUpAsync();
        Assert.DoesNotContain(left, await bench.ContainersAsync());
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
        await predecessor.DisposeAsync();
    }

    private sealed class TwoBench : DockerBench
    {
        protected override int Prepared => 2;
    }
}
