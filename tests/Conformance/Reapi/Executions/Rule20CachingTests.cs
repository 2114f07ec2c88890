using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

/// <summary>The command prints a different text at each run, so that a second result tells whether there was a second run.</summary>
public sealed class Rule20CachingTests(ServerUnderTest server) : ExecutionTests(server)
{
    private const string Random = "head -c 12 /dev/urandom | od -An -tx1";

    [Fact]
    public async Task Execute_Again_IsServedFromTheCache()
    {
        var action = await StoreActionAsync(Shell(Random));
        var first = await ExecuteAsync(action);

        var second = await ExecuteAsync(action);

        Assert.Equal((false, true), (first.CachedResult, second.CachedResult));
        Assert.Equal(await StandardOutputAsync(first.Result), await StandardOutputAsync(second.Result));
        Assert.Equal(0, (await LookUpAsync(action)).ExitCode);
    }

    [Fact]
    public async Task Execute_SkipCacheLookup_RunsAndReplacesTheEntry()
    {
        var action = await StoreActionAsync(Shell(Random));
        var first = await StandardOutputAsync(ResultOf(await ExecuteAsync(action)));

        var skipping = await ExecuteAsync(action, request => request.SkipCacheLookup = true);

        Assert.False(skipping.CachedResult);
        var second = await StandardOutputAsync(ResultOf(skipping));
        Assert.NotEqual(first, second);
        Assert.Equal(second, await StandardOutputAsync(await LookUpAsync(action)));
    }

    [Fact]
    public async Task Execute_DoNotCache_RunsEachTimeAndStoresNothing()
    {
        var action = await StoreActionAsync(Shell($"sleep 1; {Random}"), configure: action => action.DoNotCache = true);

        var both = await Task.WhenAll(ExecuteAsync(action), ExecuteAsync(action));

        Assert.NotEqual(await StandardOutputAsync(ResultOf(both[0])), await StandardOutputAsync(ResultOf(both[1])));
        await RefusedAsync(() => LookUpAsync(action), StatusCode.NotFound);
    }

    [Fact]
    public async Task Execute_EqualActionsAtOnce_AllGetAResult()
    {
        var action = await StoreActionAsync(Shell($"sleep 1; {Random}"));

        var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ExecuteAsync(action)));

        Assert.All(all, response => Assert.Equal(0, ResultOf(response).ExitCode));
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("kill -9 $$")]
    public async Task Execute_Failure_IsNotCached(string script)
    {
        var action = await StoreActionAsync(Shell(script));
        Assert.NotEqual(0, ResultOf(await ExecuteAsync(action)).ExitCode);

        Assert.False((await ExecuteAsync(action)).CachedResult);
        await RefusedAsync(() => LookUpAsync(action), StatusCode.NotFound);
    }

    private async Task<ActionResult> LookUpAsync(Digest action) => await Results.GetActionResultAsync(
        new GetActionResultRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = Server.Function }, deadline: Deadline());
}
