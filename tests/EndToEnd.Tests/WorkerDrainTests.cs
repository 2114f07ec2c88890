using System.Net;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A worker is told to stop in the middle of a task.</summary>
public sealed class WorkerDrainTests
{
    [Fact]
    [Trait("Fault", "27")]
    public async Task Worker_ToldToStopInATask_FinishesItAndEndsWell()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        var health = new Uri($"http://127.0.0.1:{FreePort.Next()}/readyz");
        var worker = bench.StartWorker("leaving", "--Worker:DrainGrace", "00:05:00", "--http", health.Authority);
        await worker.ErrorLineAsync("linked to the coordinator");

        var held = new Held();
        await using var submit = bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", $"echo started; {held.Command}; echo finished");
        await submit.OutLineAsync("started");
        await worker.SignalAsync("TERM");
        await worker.ErrorLineAsync("stopping when 1 running task(s) have ended");
        using var http = new HttpClient();
        using var answer = await http.GetAsync(health, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("alive\n", await http.GetStringAsync(new Uri(health, "/healthz"), TestContext.Current.CancellationToken));
        Assert.Contains("draining", (await bench.RunAsync("workers")).Out, StringComparison.Ordinal);
        var result = await held.LetGoUntilEndAsync(submit);
        var end = await worker.EndAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.EndsWith("started\nfinished\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("LOST", result.Error, StringComparison.Ordinal);
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Empty(end.Warnings);
    }

    [Fact]
    public async Task Farm_ToldToStop_SaysNothingOfALostLink()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");
        await bench.Farm!.ErrorLineAsync("linked to the coordinator");
        await bench.Farm.SignalAsync("TERM");
        var end = await bench.Farm.EndAsync();
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Empty(end.Warnings);
    }
}
