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

    // Longer than Bazel, with all that it needs at hand, takes to the start of the test.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    private string[] Options =>
        [$"--remote_executor={server.Address.Replace("http://", "grpc://", StringComparison.Ordinal)}", $"--remote_instance_name={server.Instance}"];

    [Fact]
    public async Task Test_FailsFirst_IsTriedAgainAndItsPassIsAHitElsewhere()
    {
        await FailFirstAsync();

        var flaky = await TestAsync("--flaky_test_attempts=2");
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
        await FailFirstAsync();

        var failed = await TestAsync("--flaky_test_attempts=1");
        await workspace.CleanAsync();
        var passed = await TestAsync("--flaky_test_attempts=1");

        Assert.Equal(3, failed.ExitCode);
        Assert.Matches($"{Target} +FAILED", failed.Out);
        Assert.True(passed.ExitCode == 0, passed.ToString());
        Assert.Matches($"{Target} +PASSED", passed.Out);
        Assert.Equal((1, 0), (BazelRunner.Count(passed.Error, "remote"), BazelRunner.Count(passed.Error, "remote cache hit")));
        await workspace.CleanAsync();
    }

    private Task<FarmResult> TestAsync(string attempts) => workspace.RunAsync("test", [Target, attempts, .. Options]);

    private async Task FailFirstAsync()
    {
        // Bazel's server, its analysis and what the test needs come before its time begins.
        var built = await workspace.RunAsync("build", [Target, .. Options]);
        Assert.True(built.ExitCode == 0, built.ToString());
        workspace.FailUntil(TimeProvider.System.GetUtcNow() + Early);
    }
}
