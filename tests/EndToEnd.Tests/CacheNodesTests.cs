using System.Text;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A farm whose cache is a front of three nodes, one of which is killed while a job runs.</summary>
public sealed class CacheNodesTests
{
    private const int Steps = 12;

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Submit_NodeKilledInMidBuild_EverythingGoesOnAndIsServedFromTheCacheAfterwards()
    {
        await using var bench = new FarmBench();
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var key = bench.PathOf("key");
        await File.WriteAllTextAsync(key, "0123456789abcdef0123456789abcdef\n", TestContext.Current.CancellationToken);
        var (cache, coordinator) = ($"127.0.0.1:{FreePort.Next()}", $"127.0.0.1:{FreePort.Next()}");
        var nodes = Enumerable.Range(0, 3).Select(_ => $"127.0.0.1:{FreePort.Next()}").ToArray();
        var processes = nodes.Select((node, i) => bench.StartService(
            "BuildFarm.Cache", "--Listen:Grpc", node, "--Listen:Http", "", "--Cache:Directory", bench.PathOf($"node-{i}"), "--Cache:CoordinatorKeyFile", key)).ToArray();
        bench.StartService(
            "BuildFarm.Cache", "--Listen:Grpc", cache, "--Listen:Http", "", "--Cache:Directory", bench.PathOf("front"), "--Cache:CoordinatorKeyFile", key,
            "--Cache:Tiers:0:Kind", "nodes", "--Cache:Tiers:0:KeyFile", key, "--Cache:Tiers:0:Addresses", string.Join(',', nodes.Select(node => $"http://{node}")));
        bench.StartService(
            "BuildFarm.Coordinator", "--Listen:Grpc", coordinator, "--Listen:Http", "", "--Cache:Address", $"http://{cache}", "--Cache:KeyFile", key,
            "--Coordinator:PublicCacheUrl", $"http://{cache}", "--Journal:Directory", bench.PathOf("journal"));
        var worker = bench.StartService(
            "BuildFarm.Worker", "--coordinator", $"http://{coordinator}", "--cache", $"http://{cache}", "--name", "w1", "--data", bench.PathOf("worker"), "--slots", "2");
        await worker.ErrorLineAsync("linked to the coordinator");

        // Each step needs what the one before made, so blobs are written and read from the first to the last.
        bench.Write("job.yaml", Job());
        await using var submit = bench.Start("submit", "--farm", $"http://{coordinator}", "job.yaml");
        await submit.ErrorLineAsync("step3");
        processes[1].Kill();
        var first = await submit.EndAsync();

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Contains($"{Steps} passed", first.Error, StringComparison.Ordinal);
        var second = await bench.RunAsync("submit", "--farm", $"http://{coordinator}", "job.yaml");
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Contains($"served from the action cache: {Steps} of {Steps}", second.Error, StringComparison.Ordinal);
    }

    private static string Job()
    {
        var text = new StringBuilder("name: chain\ntasks:\n");
        for (var step = 1; step <= Steps; step++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  step{step}:\n");
            if (step > 1)
            {
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"    needs: [step{step - 1}]\n");
            }

            var before = step > 1 ? $"cat out{step - 1} > out{step}; " : "";
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"    run: |\n      {before}head -c 300000 /dev/urandom >> out{step}; echo this is step {step}\n");
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"    inputs: []\n    outputs: out{step}\n");
        }

        return text.ToString();
    }
}
