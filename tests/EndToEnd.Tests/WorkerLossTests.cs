using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A worker dies in the middle of a task.</summary>
public sealed class WorkerLossTests
{
    [Fact]
    [Trait("Tier", "Full")]
    [Trait("Fault", "1")]
    public async Task Worker_KilledInATask_TheTaskRunsAgainElsewhere()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        var first = bench.StartWorker("first");
        await first.ErrorLineAsync("linked to the coordinator");

        var held = new Held();
        await using var submit = bench.Start(
            "submit", "--no-input", "--no-cache", "--", "sh", "-c", $"echo started; {held.Command}; echo finished");
        await submit.OutLineAsync("started");
        var second = bench.StartWorker("second");
        await second.ErrorLineAsync("linked to the coordinator");
        first.Kill();
        await submit.ErrorLineAsync("LOST");
        var result = await held.LetGoUntilEndAsync(submit);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("LOST", result.Error, StringComparison.Ordinal);
        Assert.Contains("attempt 2", result.Error, StringComparison.Ordinal);
        Assert.Contains("@second", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("started\nfinished\n", result.Out, StringComparison.Ordinal);

        // The next over the same folder ends and removes what the killed one left, also in the kernel.
        await using var successor = bench.StartWorker("first");
        await successor.ErrorLineAsync("linked to the coordinator");
    }
}
