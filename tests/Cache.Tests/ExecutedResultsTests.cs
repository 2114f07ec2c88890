using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using Grpc.Core;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Tests;

/// <summary>The action cache of a coordinator in another process.</summary>
public sealed class ExecutedResultsTests : IDisposable
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private static readonly ActionKey SomeAction = new("", "debian-13", Digest.OfBytes("an action"u8));

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Put_ByTheCoordinator_IsExecutedAndFoundByReapiClients()
    {
        await using var server = await StartAsync();
        var coordinator = new RemoteActionCache(server.Invoker, Key);
        Assert.Null(await coordinator.GetAsync(SomeAction, Token));

        await coordinator.PutAsync(SomeAction, Executed(new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "w1" } }), Token);

        var entry = await coordinator.GetAsync(SomeAction, Token);
        Assert.Equal((EntryKind.Executed, "w1"), (entry!.Kind, entry.Producer));
        var found = await server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = SomeAction.Action.ToProto() });
        Assert.Equal("w1", found.ExecutionMetadata.Worker);
    }

    [Fact]
    public async Task Put_OverAnAssertedEntry_TakesItsPlaceForGood()
    {
        await using var server = await StartAsync(options => options.AllowClientUpdates = true);
        var coordinator = new RemoteActionCache(server.Invoker, Key);
        await coordinator.GetAsync(SomeAction, Token);
        var update = new UpdateActionResultRequest
        {
            ActionDigest = SomeAction.Action.ToProto(),
            ActionResult = new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "a laptop" } },
        };
        await server.Results.UpdateActionResultAsync(update);
        Assert.Equal(EntryKind.Asserted, (await coordinator.GetAsync(SomeAction, Token))!.Kind);

        await coordinator.PutAsync(SomeAction, Executed(new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "w1" } }), Token);
        await server.Results.UpdateActionResultAsync(update);

        Assert.Equal("w1", (await coordinator.GetAsync(SomeAction, Token))!.Result.ExecutionMetadata.Worker);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdeF")]
    public async Task Put_WithoutTheKey_IsDeniedAndChangesNothing(string key)
    {
        await using var server = await StartAsync();
        var stranger = new RemoteActionCache(server.Invoker, key);

        await Refused.WithAsync(StatusCode.PermissionDenied, () => stranger.PutAsync(SomeAction, Executed(new ActionResult()), Token).AsTask());
        await Refused.WithAsync(StatusCode.PermissionDenied, () => stranger.GetAsync(SomeAction, Token).AsTask());

        Assert.Null(await new RemoteActionCache(server.Invoker, Key).GetAsync(SomeAction, Token));
    }

    [Fact]
    public async Task Put_WhereNoKeyIsConfigured_IsUnimplemented()
    {
        await using var server = await CacheServer.StartAsync();

        await Refused.WithAsync(
            StatusCode.Unimplemented, () => new RemoteActionCache(server.Invoker, Key).PutAsync(SomeAction, Executed(new ActionResult()), Token).AsTask());
    }

    [Fact]
    public async Task Put_OfAnotherEnvironment_IsRefused()
    {
        await using var server = await StartAsync();
        var coordinator = new RemoteActionCache(server.Invoker, Key);
        await coordinator.GetAsync(SomeAction, Token);

        var refused = await Refused.WithAsync(
            StatusCode.FailedPrecondition, () => coordinator.PutAsync(SomeAction with { Environment = "debian-12" }, Executed(new ActionResult()), Token).AsTask());

        Assert.Contains("'debian-13' here and 'debian-12' at the coordinator", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WithABlobMissingOrAFailure_IsRefused()
    {
        await using var server = await StartAsync();
        var coordinator = new RemoteActionCache(server.Invoker, Key);
        var lacking = new ActionResult { OutputFiles = { new OutputFile { Path = "out", Digest = Digest.OfBytes("never uploaded"u8).ToProto() } } };

        await Refused.WithAsync(StatusCode.FailedPrecondition, () => coordinator.PutAsync(SomeAction, Executed(lacking), Token).AsTask());
        await Refused.WithAsync(StatusCode.InvalidArgument, () => coordinator.PutAsync(SomeAction, Executed(new ActionResult { ExitCode = 1 }), Token).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(
            () => coordinator.PutAsync(SomeAction, Executed(new ActionResult()) with { Kind = EntryKind.Asserted }, Token).AsTask());
    }

    [Theory]
    [InlineData("short", "shorter than 32 characters")]
    [InlineData(null, "cannot be read")]
    public void Options_WithAKeyFileThatIsNone_SayWhatToDo(string? content, string problem)
    {
        if (content is not null)
        {
            File.WriteAllText(_folder.File("key"), content);
        }

        var options = new CacheOptions { Directory = _folder.Path, CoordinatorKeyFile = _folder.File("key") };

        Assert.Contains(problem, Assert.Single(options.FindProblems()), StringComparison.Ordinal);
    }

    private static ActionEntry Executed(ActionResult result) => new(result, EntryKind.Executed, "w1", DateTimeOffset.UnixEpoch);

    private async Task<CacheServer> StartAsync(Action<CacheOptions>? configure = null)
    {
        await File.WriteAllTextAsync(_folder.File("key"), Key + "\n", Token);
        return await CacheServer.StartAsync(options =>
        {
            options.Environment = null;
            options.CoordinatorKeyFile = _folder.File("key");
            configure?.Invoke(options);
        });
    }
}
