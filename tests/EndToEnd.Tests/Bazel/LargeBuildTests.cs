using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Bazel;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.Bazel;

/// <summary>Bazel builds 300 generated and 150 C++ files: by the farm, again elsewhere, and by itself.</summary>
[Trait("Tier", "Full")]
public sealed class LargeBuildTests(RunningFarm farm) : IClassFixture<RunningFarm>, IAsyncLifetime
{
    private const int Generated = 300;
    private const int Sources = 150;
    private const string Jobs = "--jobs=8";

    // Three builds of a minute or less on two CPUs, and whatever else the machine does.
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(5);

    private readonly TempFolder _folder = new();
    private BazelRunner _bazel = null!;

    private string Executor => $"--remote_executor={farm.Bench.Url.Replace("http://", "grpc://", StringComparison.Ordinal)}";

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        await BazelOptions.RequireAsync();
        var workspace = Path.Combine(_folder.Path, "workspace");
        LargeWorkspace.Write(workspace, Generated, Sources, Guid.NewGuid().ToString("N"));
        _bazel = new BazelRunner(workspace, _folder.Path);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _bazel.EndAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Build_ByTheFarmAndAgainElsewhere_IsEqualToALocalOneAndThenAllHits()
    {
        var cold = await BuildAsync("cold", Executor);
        var warm = await BuildAsync("warm", Executor);
        var local = await BuildAsync("local", "--spawn_strategy=sandboxed");

        var actions = BazelRunner.Count(cold.Said, "remote");
        Assert.True(actions > Generated + Sources, cold.Said);
        Assert.Equal(0, BazelRunner.Count(cold.Said, "remote cache hit"));
        Assert.Equal((0, actions), (BazelRunner.Count(warm.Said, "remote"), BazelRunner.Count(warm.Said, "remote cache hit")));
        Assert.Equal(actions, BazelRunner.Count(local.Said, "linux-sandbox"));
        Assert.True(local.Outputs.Count > Generated + Sources, $"{local.Outputs.Count} outputs");
        Assert.Equal(local.Outputs, cold.Outputs);
        Assert.Equal(local.Outputs, warm.Outputs);
    }

    /// <summary>A build by a Bazel that has seen nothing of another's.</summary>
    private async Task<Built> BuildAsync(string outputBase, string how)
    {
        await using var build = _bazel.Start("build", ["--noshow_progress", how, Jobs, LargeWorkspace.Everything], outputBase);
        var result = await build.EndAsync(Guard);
        Assert.True(result.ExitCode == 0, result.ToString());
        var outputs = LargeWorkspace.HashOutputs(_bazel.PathOf(""));
        await using var shutdown = _bazel.Start("shutdown", [], outputBase);
        await shutdown.EndAsync();
        return new Built(result.Error, outputs);
    }

    private sealed record Built(string Said, IReadOnlyDictionary<string, string> Outputs);
}
