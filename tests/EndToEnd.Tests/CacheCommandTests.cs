using System.Text;
using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary><c>farm cache</c>, and what a damaged blob of a result does to the next run.</summary>
public sealed class CacheCommandTests
{
    private const string Made = "an output that no other has";

    [Fact]
    [Trait("Fault", "31")]
    [Trait("Fault", "32")]
    public async Task Verify_DamagedOutputOfAResult_IsDroppedAndTheTaskRunsAgain()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");
        string[] submit = ["submit", "--no-input", "--output", "made", "--", "sh", "-c", $"echo ran; echo '{Made}' > made"];
        var first = await bench.RunAsync(submit);
        Assert.True(first.ExitCode == 0, first.ToString());
        var hit = await bench.RunAsync(submit);
        Assert.Contains("cached", hit.Error + hit.Out, StringComparison.OrdinalIgnoreCase);
        var whole = await bench.RunAsync("cache", "verify");
        Assert.True(whole.ExitCode == 0, whole.ToString());
        Assert.Contains("all match", whole.Out, StringComparison.Ordinal);

        Damage(bench.Data);
        var verified = await bench.RunAsync("cache", "verify", "--json");
        Assert.True(verified.ExitCode == 6, verified.ToString());
        Assert.Contains("\"corrupt\":1", verified.Out, StringComparison.Ordinal);
        var stats = await bench.RunAsync("cache", "stats");
        Assert.Contains("1 corrupt and dropped", stats.Out, StringComparison.Ordinal);

        var again = await bench.RunAsync(submit);
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.DoesNotContain("cached", again.Error + again.Out, StringComparison.OrdinalIgnoreCase);
        var collected = await bench.RunAsync("cache", "gc", "--to", "1M", "--json");
        Assert.True(collected.ExitCode == 0, collected.ToString());
        Assert.Equal(2, (await bench.RunAsync("cache", "gc", "--to", "much")).ExitCode);
    }

    private static void Damage(string data)
    {
        // Too small for a file of its own.
        var (pack, offset) = Directory.GetFiles(Path.Combine(data, "cache", "packs"), "*.pack")
            .Select(static path => (Path: path, Offset: File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Made + "\n"))))
            .Single(static found => found.Offset >= 0);
        using var file = new FileStream(pack, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Position = offset;
        file.WriteByte((byte)'A');
    }
}
