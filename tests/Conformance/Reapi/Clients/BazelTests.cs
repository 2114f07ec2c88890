using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Clients;

/// <summary>Debian's Bazel 4.2.3 builds and tests a workspace of generated files, C++ and shell tests.</summary>
public sealed class BazelTests(ServerUnderTest server, BazelWorkspace workspace) : IClassFixture<BazelWorkspace>
{
    private const string Binary = "app/main";

    private string Address => server.Address.Replace("http://", "grpc://", StringComparison.Ordinal);

    private string Executor => $"--remote_executor={Address}";

    private string Cache => $"--remote_cache={Address}";

    private string Instance => $"--remote_instance_name={server.Instance}";

    [Fact]
    public async Task Test_ByExecution_IsAllRemoteThenAllHitsAndEqualToALocalBuild()
    {
        workspace.Change();
        var first = await SucceedAsync(Executor);
        var remote = workspace.Read(Binary);
        await workspace.CleanAsync();
        var second = await SucceedAsync(Executor);
        await workspace.CleanAsync();
        var local = await workspace.RunAsync("build", "//app/...");
        Assert.True(local.ExitCode == 0, local.ToString());

        Assert.Equal((0, BazelRunner.Count(first, "remote")), (BazelRunner.Count(first, "remote cache hit"), BazelRunner.Count(second, "remote cache hit")));
        Assert.True(BazelRunner.Count(first, "remote") > 5, first);
        Assert.Equal(0, BazelRunner.Count(second, "remote"));
        Assert.Equal(workspace.Read(Binary), remote);
        await workspace.CleanAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Test_ByTheCacheAlone_IsStoredAndThenAllHits(bool overHttp)
    {
        Assert.SkipUnless(server.Capabilities.CacheCapabilities.ActionCacheUpdateCapabilities?.UpdateEnabled == true, "this server takes no results from clients");
        Assert.SkipWhen(overHttp && server.HttpAddress.Length == 0, "REAPI_HTTP_ADDRESS does not say where this server's cache speaks HTTP");
        var cache = overHttp ? $"--remote_cache={server.HttpAddress}/{server.Instance}" : Cache;
        workspace.Change();
        var first = await SucceedAsync(cache);
        var made = workspace.Read(Binary);
        await workspace.CleanAsync();
        var second = await SucceedAsync(cache);

        Assert.Equal(0, BazelRunner.Count(first, "remote cache hit"));
        Assert.True(BazelRunner.Count(second, "remote cache hit") > 5, second);
        Assert.Equal(made, workspace.Read(Binary));
        await workspace.CleanAsync();
        var minimal = await SucceedAsync(cache, "--remote_download_minimal");
        Assert.True(BazelRunner.Count(minimal, "remote cache hit") > 5, minimal);
        await workspace.CleanAsync();
    }

    /// <summary>
    /// Bazel takes the function as an option of its own server, so that starts anew. For execution Bazel 4 goes by the one function of
    /// <c>ExecutionCapabilities.digest_function</c>.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Test_Sha1ByTheCache_IsStoredAndThenAllHits(bool overHttp)
    {
        Assert.SkipUnless(server.Capabilities.CacheCapabilities.ActionCacheUpdateCapabilities?.UpdateEnabled == true, "this server takes no results from clients");
        Assert.SkipUnless(server.Capabilities.CacheCapabilities.DigestFunctions.Contains(DigestFunction.Types.Value.Sha1), "this server does not have SHA1");
        Assert.SkipWhen(overHttp && server.HttpAddress.Length == 0, "REAPI_HTTP_ADDRESS does not say where this server's cache speaks HTTP");
        var cache = overHttp ? $"--remote_cache={server.HttpAddress}/{server.Instance}" : Cache;
        workspace.StartupOptions = ["--digest_function=SHA1"];
        try
        {
            workspace.Change();
            var first = await SucceedAsync(cache);
            var made = workspace.Read(Binary);
            await workspace.CleanAsync();
            var second = await SucceedAsync(cache);

            Assert.Equal(0, BazelRunner.Count(first, "remote cache hit"));
            Assert.True(BazelRunner.Count(second, "remote cache hit") > 5, second);
            Assert.Equal(made, workspace.Read(Binary));
            await workspace.CleanAsync();
        }
        finally
        {
            workspace.StartupOptions = [];
        }
    }

    /// <summary>What was stored over one protocol is found over the other.</summary>
    [Fact]
    public async Task Test_StoredOverGrpc_IsAHitOverHttp()
    {
        Assert.SkipUnless(server.Capabilities.CacheCapabilities.ActionCacheUpdateCapabilities?.UpdateEnabled == true, "this server takes no results from clients");
        Assert.SkipWhen(server.HttpAddress.Length == 0, "REAPI_HTTP_ADDRESS does not say where this server's cache speaks HTTP");
        workspace.Change();
        await SucceedAsync(Cache);
        await workspace.CleanAsync();

        var second = await SucceedAsync($"--remote_cache={server.HttpAddress}/{server.Instance}");

        Assert.True(BazelRunner.Count(second, "remote cache hit") > 5, second);
        await workspace.CleanAsync();
    }

    [Fact]
    public async Task Build_ActionFails_ShowsItsErrorAndItsExitCode()
    {
        var result = await workspace.RunAsync("build", "//broken:fails", Executor, Instance);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the reason is here", result.Error, StringComparison.Ordinal);
        Assert.Contains("Exit 7", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_FailingAndTooSlow_AreToldApart()
    {
        // For tests of short, moderate, long and eternal time: the slow one alone is of short.
        var result = await workspace.RunAsync(
            "test", "//broken:failing_test", "//broken:slow_test", "--test_timeout=15,600,600,600", "--test_output=errors", "--keep_going", Executor, Instance);

        Assert.Equal(3, result.ExitCode);
        Assert.Matches("//broken:failing_test +FAILED", result.Out);
        Assert.Matches("//broken:slow_test +TIMEOUT", result.Out);
        Assert.Contains("what went wrong", result.Out + result.Error, StringComparison.Ordinal);
        Assert.Contains("before the wait", result.Out + result.Error, StringComparison.Ordinal);
    }

    private async Task<string> SucceedAsync(params string[] options)
    {
        var result = await workspace.RunAsync("test", ["//app/...", Instance, .. options]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches("//app:main_test +(\\(cached\\) )?PASSED", result.Out);
        return result.Error;
    }
}
