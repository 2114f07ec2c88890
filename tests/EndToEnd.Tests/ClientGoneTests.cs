using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Fault 30: the client stands still for longer than anything that the farm waits for, and goes on.</summary>
public sealed class ClientGoneTests
{
    [Fact]
    [Trait("Fault", "30")]
    [Trait("Tier", "Full")]
    public async Task Submit_GoneForThirtySeconds_GoesOnWhereItWasAndNothingIsCancelled()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");
        await using var submit = bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", "echo started; sleep 31; echo finished");
        await submit.OutLineAsync("started");
        var run = (await submit.ErrorLineAsync("Run ")).Split(' ')[1];

        // The run itself measures the time that the client is gone.
        await submit.SignalAsync("STOP");
        var watched = await bench.RunAsync("watch", run);
        await submit.SignalAsync("CONT");
        var result = await submit.EndAsync();

        Assert.True(watched.ExitCode == 0, watched.ToString());
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("started\nfinished\n", result.Out);
        var status = await bench.RunAsync("status", run, "--json");
        Assert.Contains("\"attempts\":1", status.Out, StringComparison.Ordinal);
        Assert.Contains("\"cancelled\":0", status.Out, StringComparison.Ordinal);
    }
}
