using System.Globalization;
using System.Text;
using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>
/// The race that the farm exists for: many processes whose first act is an unprotected "if it is not there, create it" in the home
/// that they share. Each task has its own here, so nothing can happen; with one home for all it does.
/// </summary>
public sealed class HomeRaceTests
{
    private const int AtOnce = 64;

    // What Sage's interface to Maxima does first, with the moment between the question and the act long enough that others are in it.
    private static string Create(double moment) =>
        string.Create(CultureInfo.InvariantCulture, $"[ -e ~/.sage/maxima ] || {{ sleep {moment}; mkdir ~/.sage ~/.sage/maxima; }}");

    [Fact]
    [Trait("Fault", "35")]
    public Task Homes_OfManyTasksAtOnce_NeverRace() => NeverRaceAsync(rounds: 1);

    [Fact]
    [Trait("Fault", "35")]
    [Trait("Tier", "Full")]
    public Task Homes_OfManyTasksAtOnce_NeverRaceInTwentyRounds() => NeverRaceAsync(rounds: 20);

    [Fact]
    public async Task OneHomeForAll_Races()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "2", "--isolation", "none");
        var home = Directory.CreateDirectory(Path.Combine(bench.Data, "..", "shared-home")).FullName;
        WriteJob(bench, 0, moment: 3, $"    env: {{HOME: {home}}}\n");
        var result = await bench.RunAsync("submit", "race.yaml");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("File exists", result.Error, StringComparison.Ordinal);
    }

    private static async Task NeverRaceAsync(int rounds)
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "2");
        for (var round = 0; round < rounds; round++)
        {
            WriteJob(bench, round, moment: 0.3, "");
            var result = await bench.RunAsync("submit", "race.yaml");
            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.DoesNotContain("File exists", result.Error, StringComparison.Ordinal);
            Assert.Contains($"{AtOnce} ", result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Small tasks, so that all of them fit on the worker together.</summary>
    private static void WriteJob(FarmBench bench, int round, double moment, string more)
    {
        var job = new StringBuilder("tasks:\n");
        for (var i = 0; i < AtOnce; i++)
            job.Append(CultureInfo.InvariantCulture, $"  r{round}-{i}:\n    run: '{Create(moment)}'\n    inputs: []\n    cache: false\n    cpu: 0.03\n    memory: 24M\n{more}");
        bench.Write("race.yaml", job.ToString());
    }
}
