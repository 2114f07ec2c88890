using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A worker stands still for longer than its lease, while it is given a task.</summary>
public sealed class StoodStillTests
{
    [Fact]
    [Trait("Tier", "Full")]
    public async Task Worker_ThatStoodStill_PassesOverWhatItWasToldAndGoesOn()
    {
        // The command line has as long as the lease to bring the task: it must be given to the worker that does not move any more.
        await using var farm = new ServiceFarm { CoordinatorOptions = ["--Coordinator:LeaseDuration", "00:00:20", "--Coordinator:HeartbeatInterval", "00:00:01"] };
        await farm.WithAsync();
        var first = await farm.StartWorkerAsync("first");
        await first.SignalAsync("STOP");
        await using var submit = Submit(farm);
        await submit.ErrorLineAsync("LOST");
        var second = await farm.StartWorkerAsync("second");
        var ran = await submit.EndAsync();
        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Contains("@second", ran.Error, StringComparison.Ordinal);

        // The task that it was given lies in its socket.
        await first.SignalAsync("CONT");
        await first.ErrorLineAsync("is passed over");

        await second.SignalAsync("TERM");
        await second.EndAsync();
        var again = await Submit(farm).EndAsync();
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Contains("@first", again.Error, StringComparison.Ordinal);
    }

    private static FarmProcess Submit(ServiceFarm farm) =>
        farm.Bench.Start("submit", "--farm", $"http://{farm.CoordinatorAddress}", "--no-input", "--no-cache", "--", "echo", "ran");
}
