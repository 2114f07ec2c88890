using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Net.Client;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>The coordinator is killed (SIGKILL) in the middle of a build, and started again over what it left.</summary>
public sealed class RestartTests
{
    private readonly Held _held = new();

    private string TwoSteps => $"echo started; {_held.Command}; echo finished; echo run >> out";

    [Fact]
    [Trait("Fault", "6")]
    public async Task Coordinator_KilledInABuild_TheRunGoesOnAndNothingRunsTwice()
    {
        await using var farm = await ServiceFarm.StartAsync("w1");
        var before = await farm.Submit("--no-cache", "--", "echo", "before").EndAsync();
        await using var running = farm.Submit("--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        farm.Coordinator.Kill();
        await running.ErrorLineAsync("The connection to the farm is lost");
        var second = farm.StartCoordinator();
        await second.ErrorLineAsync("recovered 1 unfinished jobs");
        var result = await _held.LetGoUntilEndAsync(running);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("started\nfinished\n", result.Out);
        Assert.DoesNotContain("attempt 2", result.Error, StringComparison.Ordinal);
        using var channel = GrpcChannel.ForAddress($"http://{farm.CoordinatorAddress}");
        var jobs = new Jobs.JobsClient(channel);
        var listed = (await jobs.ListJobsAsync(new ListJobsRequest())).Jobs;
        Assert.Equal(2, listed.Count);
        Assert.All(listed, job => Assert.Equal((JobState.Finished, 1, 1), (job.State, job.Summary.Succeeded, job.Summary.Attempts)));
        var status = await farm.Bench.RunAsync("status", "--farm", $"http://{farm.CoordinatorAddress}", listed[1].JobId);
        Assert.True(before.ExitCode == 0 && status.ExitCode == 0, status.ToString());
    }

    /// <summary>What a task has computed waits for a cache that restarts; it is not computed again.</summary>
    [Fact]
    public async Task Cache_AwayWhenATaskEnds_TheResultWaitsAndNothingRunsTwice()
    {
        await using var farm = new ServiceFarm();
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var cache = farm.StartCache();
        farm.StartCoordinator();
        var worker = await farm.StartWorkerAsync("w1");
        await using var running = farm.Submit("--no-cache", "--output", "out", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        cache.Kill();
        await _held.LetGoUntilAsync(worker.ErrorLineAsync("the cache does not answer; "));
        farm.StartCache();
        var result = await running.EndAsync();

        Assert.True(result is { ExitCode: 0, Out: "started\nfinished\n" }, $"{result}\n{worker.Error}");
        Assert.DoesNotContain("attempt 2", result.Error, StringComparison.Ordinal);
        Assert.Equal("run\n", await File.ReadAllTextAsync(Path.Combine(farm.Bench.Project, "out")));
    }

    [Fact]
    [Trait("Tier", "Full")]
    public async Task FarmUp_KilledInABuild_TheRunGoesOnWithTheNext()
    {
        await using var bench = new FarmBench();
        var port = FreePort.Next().ToString(System.Globalization.CultureInfo.InvariantCulture);
        await bench.UpAsync("--workers", "0", "--port", port);
        var worker = bench.StartWorker("apart");
        await worker.ErrorLineAsync("linked to the coordinator");
        await using var running = bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        bench.Farm!.Kill();
        await running.ErrorLineAsync("The connection to the farm is lost");
        await bench.UpAsync("--workers", "0", "--port", port);
        var result = await _held.LetGoUntilEndAsync(running);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("started\nfinished\n", result.Out);
        Assert.DoesNotContain("attempt 2", result.Error, StringComparison.Ordinal);
    }
}
