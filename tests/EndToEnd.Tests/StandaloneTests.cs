using Build.Bazel.Remote.Execution.V2;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Net.Client;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Coordinator, cache and worker as the three executables that operators start.</summary>
public sealed class StandaloneTests
{
    [Fact]
    public async System.Threading.Tasks.Task Submit_ToThreeServices_LeavesAResultThatReapiClientsFind()
    {
        await using var bench = new FarmBench();
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var key = bench.PathOf("key");
        await File.WriteAllTextAsync(key, "0123456789abcdef0123456789abcdef\n");
        var (cache, coordinator) = ($"127.0.0.1:{FreePort.Next()}", $"127.0.0.1:{FreePort.Next()}");
        bench.StartService(
            "BuildFarm.Cache", "--Listen:Grpc", cache, "--Listen:Http", "", "--Cache:Directory", bench.PathOf("cache-data"), "--Cache:CoordinatorKeyFile", key);
        bench.StartService(
            "BuildFarm.Coordinator", "--Listen:Grpc", coordinator, "--Listen:Http", "", "--Cache:Address", $"http://{cache}", "--Cache:KeyFile", key,
            "--Coordinator:PublicCacheUrl", $"http://{cache}", "--Journal:Directory", bench.PathOf("journal"));
        var worker = bench.StartService(
            "BuildFarm.Worker", "--coordinator", $"http://{coordinator}", "--cache", $"http://{cache}", "--name", "w1", "--data", bench.PathOf("worker"), "--slots", "1");
        await worker.ErrorLineAsync("linked to the coordinator");

        var first = await bench.RunAsync("submit", "--farm", $"http://{coordinator}", "--no-input", "--", "echo", "hi");
        var second = await bench.RunAsync("submit", "--farm", $"http://{coordinator}", "--no-input", "--", "echo", "hi");

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(("hi\n", "hi\n"), (first.Out, second.Out));
        Assert.Contains("served from the action cache", second.Error, StringComparison.Ordinal);
        using var jobs = GrpcChannel.ForAddress($"http://{coordinator}");
        var client = new Jobs.JobsClient(jobs);
        var run = (await client.ListJobsAsync(new ListJobsRequest { PageSize = 1 })).Jobs.Single().JobId;
        var task = (await client.GetJobAsync(new GetJobRequest { JobId = run })).Tasks.Single();
        using var channel = GrpcChannel.ForAddress($"http://{cache}");
        var found = await new ActionCache.ActionCacheClient(channel).GetActionResultAsync(new GetActionResultRequest
        {
            ActionDigest = task.ActionDigest,
            InlineStdout = true,
        });
        Assert.Equal("hi\n", found.StdoutRaw.ToStringUtf8());
    }
}
