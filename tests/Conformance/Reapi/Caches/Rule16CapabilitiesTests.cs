using Build.Bazel.Remote.Execution.V2;
using Build.Bazel.Semver;
using BuildFarm.Conformance.Reapi.Support;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule16CapabilitiesTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public void Capabilities_DigestFunction_IsListed()
    {
        Assert.Contains(Server.Function, Server.Capabilities.CacheCapabilities.DigestFunctions);
    }

    [Fact]
    public void Capabilities_Versions_LetEveryBazelIn()
    {
        Assert.True(Compare(Server.Capabilities.LowApiVersion, 2, 0) <= 0, "low_api_version is above 2.0");
        Assert.True(Compare(Server.Capabilities.HighApiVersion, 2, 1) >= 0, "high_api_version is below 2.1: Bazel sends no output_paths");
        if (Server.Capabilities.DeprecatedApiVersion is { } deprecated)
        {
            Assert.True(Compare(deprecated, 2, 2) <= 0, "deprecated_api_version is above 2.2: Bazel up to 8 turns away");
        }
    }

    [Fact]
    public void Capabilities_Execution_NamesItsDigestFunctionAndPriorities()
    {
        if (Server.Capabilities.ExecutionCapabilities is not { ExecEnabled: true } execution)
        {
            Assert.Skip("this server executes nothing");
            return;
        }

        Assert.Contains(Server.Function, execution.DigestFunctions.Append(execution.DigestFunction));
        Assert.All(execution.ExecutionPriorityCapabilities?.Priorities ?? [], range => Assert.True(range.MinPriority <= range.MaxPriority));
    }

    private static int Compare(SemVer version, int major, int minor) =>
        version.Major != major ? version.Major.CompareTo(major) : version.Minor.CompareTo(minor);
}
