using BuildFarm.Conformance.Reapi.Support;
using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Clients;

/// <summary>
/// A target of Bazel's that fails first and then passes, by the clock: every try is the same Action. A failure is no result that anybody
/// else gets; a pass is.
/// </summary>
[Trait("Tier", "Full")]
public sealed class FlakyTargetTests(ServerUnderTest server, BazelWorkspace workspace) : IClassFixture<BazelWorkspace>
{
    private const string Target = "//flaky:early_test";

    // Longer than Bazel, with all that it needs at hand, mostly takes to the start of the test; where it took longer, more is given.
    private const int EarlySeconds = 30;
    private const int MostEarlySeconds = 300;

    private string[] Options =>
        [$"--remote_executor={server.Address.Replace("http://", "grpc://", StringComparison.Ordinal)}", $"--remote_instance_name={server.Instance}"];

    [Fact]
    public async Task Test_FailsFirst_IsTriedAgainAndItsPassIsAHitElsewhere()
    {
        var flaky = await FailFirstAsync("--flaky_test_attempts=2");
        await workspace.CleanAsync();
        var again = await TestAsync("--flaky_test_attempts=2");

        Assert.True(flaky.ExitCode == 0, flaky.ToString());
        Assert.Matches($"{Target} +FLAKY, failed in 1 out of 2", flaky.Out);
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Matches($"{Target} +(\\(cached\\) )?PASSED", again.Out);
        Assert.Equal((0, 1), (BazelRunner.Count(again.Error, "remote"), BazelRunner.Count(again.Error, "remote cache hit")));
        await workspace.CleanAsync();
    }

    [Fact]
    public async Task Test_Failed_RunsAgainInTheNextBuild()
    {
        var failed = await FailFirstAsync("--flaky_test_attempts=1");
        await workspace.CleanAsync();
        var passed = await TestAsync("--flaky_test_attempts=1");

        Assert.Equal(3, failed.ExitCode);
        Assert.Matches($"{Target} +FAILED", failed.Out);
        Assert.True(passed.ExitCode == 0, passed.ToString());
        Assert.Matches($"{Target} +PASSED", passed.Out);
        Assert.Equal((1, 0), (BazelRunner.Count(passed.Error, "remote"), BazelRunner.Count(passed.Error, "remote cache hit")));
        await workspace.CleanAsync();
    }

    private Task<FarmResult> TestAsync(string attempts) => workspace.RunAsync("test", [Target, attempts, "--test_timeout=600", .. Options]);

    /// <summary>Runs the test so that its first try begins in time to fail.</summary>
    private async Task<FarmResult> FailFirstAsync(string attempts)
    {
        for (var early = EarlySeconds; ; early *= 3)
        {
            // Bazel's server, its analysis and what the test needs come before its time begins.
            var built = await workspace.RunAsync("build", [Target, .. Options]);
            Assert.True(built.ExitCode == 0, built.ToString());
            workspace.FailUntil(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(early));
            var result = await TestAsync(attempts);
            if (result.ExitCode != 0 || result.Out.Contains("FLAKY", StringComparison.Ordinal) || early * 3 > MostEarlySeconds)
            {
                return result;
            }
        }
    }
}
