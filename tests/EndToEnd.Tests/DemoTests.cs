using System.Text.Json;
using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>The main job, on real input.</summary>
public sealed class DemoTests
{
    [Fact]
    [Trait("Tier", "Full")]
    public async Task Demo_Twice_TheSecondStartsNoContainer()
    {
        await using var bench = new FarmBench();

        var first = await bench.RunAsync("demo", "--progress", "plain");
        var second = await bench.RunAsync("demo", "--json");

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Contains("0 unreported", first.Error, StringComparison.Ordinal);
        Assert.True(second.ExitCode == 0, second.ToString());
        using var last = JsonDocument.Parse(second.Out.TrimEnd('\n').Split('\n')[^1]);
        var summary = last.RootElement.GetProperty("job").GetProperty("summary");
        var submitted = summary.GetProperty("submitted").GetInt32();
        // GoogleTest's translation units, archives, samples and their runs, and the files of the library that hold doctests.
        Assert.True(submitted > 80, $"{submitted} tasks");
        Assert.Equal((submitted, 0), (summary.GetProperty("from_cache").GetInt32(), summary.GetProperty("attempts").GetInt32()));
    }
}
