using System.Globalization;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int FreshSeeds = 300;

    /// <summary>Seeds that failed once, a line each, with what they found after a blank.</summary>
    public static TheoryData<int> SeedsThatFailed()
    {
        var data = new TheoryData<int>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Simulation", "seeds.txt")))
        {
            if (line.Length > 0 && line[0] != '#')
            {
                data.Add(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));
            }
        }

        return data;
    }

    [Fact]
    public void Farm_FreshSeeds_KeepEveryInvariantAndEndEveryJob() => RunFresh(FreshSeeds);

    [Fact]
    [Trait("Tier", "Full")]
    public void Farm_TenThousandFreshSeeds_KeepEveryInvariantAndEndEveryJob() => RunFresh(10_000);

    [Theory]
    [MemberData(nameof(SeedsThatFailed))]
    public void Farm_SeedThatFailedOnce_StaysMended(int seed) => Assert.Equal(FarmSimulation.Run(seed), FarmSimulation.Run(seed));

    [Fact]
    public void Farm_DifferentSeeds_HaveDifferentTraces() => Assert.NotEqual(FarmSimulation.Run(1), FarmSimulation.Run(2));

    /// <summary>
    /// Set BUILDFARM_SEED to repeat one seed, as a failure prints it, or BUILDFARM_FIRST_SEED to repeat a whole run.
    /// </summary>
    private void RunFresh(int count)
    {
        if (SeedFrom("BUILDFARM_SEED") is { } only)
        {
            FarmSimulation.Run(only);
            return;
        }

        var first = SeedFrom("BUILDFARM_FIRST_SEED") ?? Random.Shared.Next(1, int.MaxValue - count);
        output.WriteLine($"Seeds {first} to {first + count - 1}.");
        for (var seed = first; seed < first + count; seed++)
        {
            Assert.Equal(FarmSimulation.Run(seed), FarmSimulation.Run(seed));
        }
    }

    private static int? SeedFrom(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var seed) ? seed : null;
}
