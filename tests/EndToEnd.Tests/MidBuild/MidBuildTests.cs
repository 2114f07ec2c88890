using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.MidBuild;

/// <summary>What goes away while Bazel builds, and that the build comes to its end all the same or says what is missing.</summary>
[Trait("Tier", "Full")]
public sealed class MidBuildTests(SlowWorkspace workspace) : IClassFixture<SlowWorkspace>
{
    private const long Small = 32L << 20;

    // Bazel gives up on a server that is away for three seconds; a start may take longer.
    private const string Patient = "--remote_retries=15";

    private static readonly string[] Shown = ["--show_progress_rate_limit=0.2", "--jobs=4", Patient];

    [Fact]
    public async Task Worker_Killed_TheBuildSucceeds()
    {
        await using var farm = await ServiceFarm.StartAsync();
        var first = await farm.StartWorkerAsync("first");
        await using var bazel = await StartAsync(farm);
        await farm.StartWorkerAsync("second");

        first.Kill();
        var result = await workspace.EndAsync(bazel);

        AssertBuilt(result);
        Assert.Equal(SlowWorkspace.SlowTargets + 2, BazelRunner.Count(result.Error, "remote"));
    }

    [Fact]
    public async Task Coordinator_KilledAndStartedAgain_TheBuildSucceeds()
    {
        await using var farm = await ServiceFarm.StartAsync("first", "second");
        await using var bazel = await StartAsync(farm);

        farm.Coordinator.Kill();
        farm.StartCoordinator();
        var result = await workspace.EndAsync(bazel);

        AssertBuilt(result);
        Assert.Equal(SlowWorkspace.SlowTargets + 2, BazelRunner.Count(result.Error, "remote"));
    }

    [Fact]
    public async Task Source_Evicted_IsUploadedAgainAndTheBuildSucceeds()
    {
        await using var farm = await new ServiceFarm(Small) { BlobLifetime = TimeSpan.Zero }.WithAsync("first", "second");
        await using var bazel = await StartAsync(farm);

        // Nothing that waits or runs needs the source now; the last target will.
        Assert.True(await farm.HasAsync(workspace.Source));
        Assert.Null(await farm.CrowdOutAsync());
        var isThere = await farm.HasAsync(workspace.Source);
        var result = await workspace.EndAsync(bazel);

        Assert.False(isThere);
        AssertBuilt(result);
        Assert.True(await farm.HasAsync(workspace.Source));
    }

    [Fact]
    public async Task Storage_UnderPressure_HoldsWhatTheBuildHasUsed()
    {
        await using var farm = await new ServiceFarm(Small).WithAsync("first", "second");
        await using var bazel = await StartAsync(farm);

        var refused = await farm.CrowdOutAsync();
        var isThere = await farm.HasAsync(workspace.Source);
        var result = await workspace.EndAsync(bazel);

        // The newcomers are refused, not the build.
        Assert.Equal((int)Grpc.Core.StatusCode.ResourceExhausted, refused?.Code);
        Assert.True(isThere);
        AssertBuilt(result);
    }

    [Fact]
    public async Task Storage_SmallerThanTheBuild_HoldsWhatEachActionNeeds()
    {
        workspace.Change();
        await using var farm = await new ServiceFarm(Small) { BlobLifetime = TimeSpan.Zero }.WithAsync("first", "second");

        // 48 MB of outputs, each with an action of its own that needs it.
        var result = await workspace.BuildAsync(["//:sizes", .. farm.BazelOptions]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(SlowWorkspace.LargeTargets, File.ReadLines(workspace.Bazel.PathOf("sizes.txt")).Count());
    }

    [Fact]
    public async Task Storage_SmallerThanTheInputsOfAnAction_SaysWhichBlobIsMissing()
    {
        workspace.Change();
        await using var farm = await new ServiceFarm(Small) { BlobLifetime = TimeSpan.Zero }.WithAsync("first", "second");

        var result = await workspace.BuildAsync(["//:large", .. farm.BazelOptions]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.True(result.Error.Contains("RESOURCE_EXHAUSTED", StringComparison.Ordinal) || result.Error.Contains("does not have blob", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public async Task Intermediate_Lost_IsNamedAndTheNextRunSucceeds()
    {
        workspace.Change();
        await using var farm = await new ServiceFarm(Small) { BlobLifetime = TimeSpan.Zero }.WithAsync("first", "second");
        string[] minimal = ["--remote_download_minimal", .. farm.BazelOptions];
        var first = await workspace.BuildAsync(["//:slow0", .. minimal]);
        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.False(File.Exists(workspace.Bazel.PathOf("first.txt")));
        Assert.Null(await farm.CrowdOutAsync());

        var lost = await workspace.BuildAsync(["//:last", .. minimal]);
        await workspace.Bazel.RunAsync("clean");
        var again = await workspace.BuildAsync(["//:last", .. farm.BazelOptions]);

        Assert.NotEqual(0, lost.ExitCode);
        Assert.Contains("first.txt", lost.Error, StringComparison.Ordinal);
        AssertBuilt(again);
    }

    /// <summary>A build of all that is slow, once the first of it runs.</summary>
    private async Task<FarmProcess> StartAsync(ServiceFarm farm)
    {
        workspace.Change();
        var bazel = workspace.Bazel.Start("build", ["//:last", .. Shown, .. farm.BazelOptions]);
        await bazel.ErrorLineAsync("//:slow");
        return bazel;
    }

    private void AssertBuilt(FarmResult result)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(workspace.Expected(), File.ReadAllText(workspace.Bazel.PathOf("last.txt")));
    }
}
