using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.TestKit.S3;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Tests.S3;

public sealed class S3ActionCacheTests
{
    private static readonly ActionKey Key = new("instance", "environment", Digest.OfBytes("action"u8));

    private static readonly ActionEntry Entry = new(
        new ActionResult { ExitCode = 0, StdoutRaw = Google.Protobuf.ByteString.CopyFromUtf8("out") }, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_ThenGet_GivesTheEntryUnderItsWholeKeyAlone()
    {
        await using var store = await S3Store.StartAsync();

        await store.Actions.PutAsync(Key, Entry, Token);

        Assert.Equal(Entry, await store.Actions.GetAsync(Key, Token));
        Assert.Null(await store.Actions.GetAsync(Key with { Environment = "another" }, Token));
        Assert.Null(await store.Actions.GetAsync(Key with { InstanceName = "another" }, Token));
        Assert.StartsWith("farm/actions/", Assert.Single(store.Fake.Objects.ByKey).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_DamagedObject_IsAMiss()
    {
        await using var store = await S3Store.StartAsync();
        await store.Actions.PutAsync(Key, Entry, Token);
        store.Fake.Fail("GET", S3Fault.WrongByte);

        Assert.Null(await store.Actions.GetAsync(Key, Token));
    }

    [Fact]
    public async Task Fill_WhereThereIsAnEntry_LeavesIt()
    {
        await using var store = await S3Store.StartAsync();
        var copy = Entry with { Producer = "another" };

        Assert.True(await store.Actions.FillAsync(Key, Entry, Token));
        Assert.False(await store.Actions.FillAsync(Key, copy, Token));
        Assert.Equal(Entry, await store.Actions.GetAsync(Key, Token));

        await store.Actions.PutAsync(Key, copy, Token);
        Assert.Equal(copy, await store.Actions.GetAsync(Key, Token));
    }

    [Fact]
    public async Task BucketThatRefuses_GetIsAMissAndPutSaysSo()
    {
        await using var store = await S3Store.StartAsync(secret: "wrong");

        Assert.Null(await store.Actions.GetAsync(Key, Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Actions.PutAsync(Key, Entry, Token));
    }
}
