using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Commands without a farm, and a farm that cannot start.</summary>
public sealed class EmbeddedTests
{
    [Fact]
    public async Task Submit_NoFarm_RunsOneInsideAndKeepsTheCache()
    {
        await using var bench = new FarmBench();
        await Requirements.AptAsync("crun", "crun --version || runc --version");

        var first = await bench.RunAsync("submit", "--no-input", "--", "sh", "-c", "echo hi; exit 3");
        var second = await bench.RunAsync("submit", "--no-input", "--", "echo", "kept");
        var third = await bench.RunAsync("submit", "--no-input", "--", "echo", "kept");

        Assert.True(first is { ExitCode: 3, Out: "hi\n" }, first.ToString());
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal("kept\n", third.Out);
        Assert.Contains("served from the action cache", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submits_AtOnceWithoutAFarm_ShareTheFirstOnes()
    {
        await using var bench = new FarmBench();

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => bench.RunAsync("submit", "--no-input", "--", "echo", $"{number}")));

        Assert.All(results, (result, number) => Assert.True(result.ExitCode == 0 && result.Out == $"{number}\n", result.ToString()));
    }

    [Fact]
    public async Task Up_PortInUse_IsOneLine()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        await using var bench = new FarmBench();

        var result = await bench.RunAsync("up", "--port", $"{port}", "--http-port", "0", "--workers", "0");

        Assert.True(result.ExitCode == 6, result.ToString());
        Assert.Contains($"{port}", Assert.Single(result.Error.TrimEnd('\n').Split('\n'), line => line.StartsWith("farm: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Up_ToldToStop_EndsCleanly(string signal)
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");

        await bench.Farm!.SignalAsync(signal);
        var result = await bench.Farm.EndAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain("farm: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_DataInUse_NamesTheHolder()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");

        var result = await bench.RunAsync("up", "--data", bench.Data, "--port", "0", "--http-port", "0");

        Assert.True(result.ExitCode == 6, result.ToString());
        Assert.Contains("in use by farm up", result.Error, StringComparison.Ordinal);
    }
}
