using System.Globalization;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
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
    public void Farm_ThreeHundredFreshSeeds_KeepEveryInvariantAndEndEveryJob() => RunSeeds(300);

    [Fact]
    [Trait("Tier", "Full")]
    public void Farm_TenThousandFreshSeeds_KeepEveryInvariantAndEndEveryJob() => RunSeeds(10_000);

    [Theory]
    [MemberData(nameof(SeedsThatFailed))]
    public void Farm_SeedThatFailedOnce_StaysMended(int seed) => RunTwice(seed);

    [Fact]
    public void Farm_DifferentSeeds_HaveDifferentTraces() => Assert.NotEqual(FarmSimulation.Run(1), FarmSimulation.Run(2));

    /// <summary>
    /// BUILDFARM_SEED repeats one seed, as a failure prints it; with BUILDFARM_LOG what happens is written to that file.
    /// BUILDFARM_FIRST_SEED begins there instead of at a fresh seed, and BUILDFARM_SEEDS says how many.
    /// </summary>
    private void RunSeeds(int count)
    {
        if (NumberFrom("BUILDFARM_SEED") is { } only)
        {
            using var log = Environment.GetEnvironmentVariable("BUILDFARM_LOG") is { } path ? File.CreateText(path) : null;
            FarmSimulation.Run(only, log);
            return;
        }

        count = NumberFrom("BUILDFARM_SEEDS") ?? count;
        var first = NumberFrom("BUILDFARM_FIRST_SEED") ?? Random.Shared.Next(int.MaxValue - count);
        output.WriteLine($"Seeds {first} to {first + count - 1}.");

        // The lowest that fails is reported, whatever ran beside it.
        var failed = (Seed: int.MaxValue, Fault: (Exception?)null);
        var gate = new Lock();
        Parallel.For(first, first + count, (seed, loop) =>
        {
            try
            {
                RunTwice(seed);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                loop.Break();
                lock (gate)
                {
                    failed = seed < failed.Seed ? (seed, fault) : failed;
                }
            }
        });
        if (failed.Fault is { } found)
        {
            throw new InvalidOperationException($"{found.Message}\nRepeat it with BUILDFARM_SEED={failed.Seed}.", found);
        }
    }

    private static void RunTwice(int seed)
    {
        var first = FarmSimulation.Run(seed);
        Assert.True(first == FarmSimulation.Run(seed), $"Seed {seed} gives another trace when it runs again.");
    }

    private static int? NumberFrom(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
