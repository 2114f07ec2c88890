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
    private const string TwoSteps = "echo started; sleep 4; echo finished; echo run >> out";

    [Fact]
    [Trait("Fault", "6")]
    public async Task Coordinator_KilledInABuild_TheRunGoesOnAndNothingRunsTwice()
    {
        await using var bench = new FarmBench();
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var key = bench.PathOf("key");
        await File.WriteAllTextAsync(key, "0123456789abcdef0123456789abcdef\n");
        var (cache, coordinator) = ($"127.0.0.1:{FreePort.Next()}", $"127.0.0.1:{FreePort.Next()}");
        bench.StartService(
            "BuildFarm.Cache", "--Listen:Grpc", cache, "--Listen:Http", "", "--Cache:Directory", bench.PathOf("cache-data"), "--Cache:CoordinatorKeyFile", key);
        FarmProcess StartCoordinator() => bench.StartService(
            "BuildFarm.Coordinator", "--Listen:Grpc", coordinator, "--Listen:Http", "", "--Cache:Address", $"http://{cache}", "--Cache:KeyFile", key,
            "--Coordinator:PublicCacheUrl", $"http://{cache}", "--Journal:Directory", bench.PathOf("journal"));
        var first = StartCoordinator();
        var worker = bench.StartService(
            "BuildFarm.Worker", "--coordinator", $"http://{coordinator}", "--cache", $"http://{cache}", "--name", "w1", "--data", bench.PathOf("worker"), "--slots", "2");
        await worker.ErrorLineAsync("linked to the coordinator");
        var before = await bench.RunAsync("submit", "--farm", $"http://{coordinator}", "--no-input", "--no-cache", "--", "echo", "before");
        await using var running = bench.Start("submit", "--farm", $"http://{coordinator}", "--no-input", "--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        first.Kill();
        await running.ErrorLineAsync("The connection to the farm is lost");
        var second = StartCoordinator();
        var result = await running.EndAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("started\nfinished\n", result.Out);
        Assert.DoesNotContain("attempt 2", result.Error, StringComparison.Ordinal);
        Assert.Contains("recovered 1 unfinished jobs", second.Error, StringComparison.Ordinal);
        using var channel = GrpcChannel.ForAddress($"http://{coordinator}");
        var jobs = new Jobs.JobsClient(channel);
        var listed = (await jobs.ListJobsAsync(new ListJobsRequest())).Jobs;
        Assert.Equal(2, listed.Count);
        Assert.All(listed, job => Assert.Equal((JobState.Finished, 1, 1), (job.State, job.Summary.Succeeded, job.Summary.Attempts)));
        var status = await bench.RunAsync("status", "--farm", $"http://{coordinator}", listed[1].JobId);
        Assert.True(before.ExitCode == 0 && status.ExitCode == 0, status.ToString());
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
        var result = await running.EndAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("started\nfinished\n", result.Out);
        Assert.DoesNotContain("attempt 2", result.Error, StringComparison.Ordinal);
    }
}
