using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Hosting;

public sealed class ConfigurationTests
{
    [Fact]
    public void Options_WithSeveralMistakes_ReportAllAtOnce()
    {
        var reader = Read(
            ("Listen:Grpc", "nowhere"),
            ("Coordinator:LeaseDuration", "soon"),
            ("Coordinator:LeaseDurations", "00:00:10"),
            ("Coordinator:HeartbeatInterval", "00:01:00"));
        reader.Read<ListenOptions>("Listen");
        reader.Read<CoordinatorOptions>("Coordinator");

        var refused = Assert.Throws<ConfigurationProblemsException>(reader.ThrowIfAnyProblem);

        Assert.Equal(4, refused.Problems.Count);
        Assert.Contains(refused.Problems, line => line.StartsWith("Listen:Grpc: 'nowhere'", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, line => line.StartsWith("Coordinator:LeaseDuration:", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, line => line.StartsWith("Coordinator:LeaseDurations: unknown option", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, line => line.StartsWith("Coordinator:HeartbeatInterval:", StringComparison.Ordinal));
        Assert.All(refused.Problems, line => Assert.DoesNotContain('\n', line));
    }

    [Fact]
    public void Options_OfPools_ReplaceTheDefault()
    {
        var reader = Read(("Coordinator:Pools:0:Name", "arm"), ("Coordinator:Pools:0:Platform:arch", "aarch64"), ("Coordinator:LeaseDuration", "00:00:12"));
        var options = reader.Read<CoordinatorOptions>("Coordinator");
        reader.ThrowIfAnyProblem();

        Assert.Equal(("arm", "aarch64"), (options.Pools.Single().Name, options.Pools.Single().Platform["arch"]));
        Assert.Equal(TimeSpan.FromSeconds(12), options.LeaseDuration);
    }

    [Fact]
    public void Readiness_WaitsForEveryGateAndNeverReturnsAfterStop()
    {
        var readiness = new Readiness();
        readiness.Close("journal");
        readiness.Close("cache");
        readiness.Open("journal");
        Assert.Equal((false, "waiting for cache"), (readiness.IsReady, readiness.Describe()));

        readiness.Open("cache");
        Assert.True(readiness.IsReady);

        readiness.Stop();
        readiness.Open("cache");
        Assert.Equal((false, "stopping"), (readiness.IsReady, readiness.Describe()));
    }

    private static OptionsReader Read(params (string Key, string Value)[] values) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build());
}
