using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.S3;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.TestKit;
using BuildFarm.TestKit.S3;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.BlobStore.Tests.Tiers;

/// <summary>The stores as the factory makes them of options, over the tests' S3.</summary>
public sealed class TierStackTests : IAsyncLifetime
{
    private static readonly ActionKey Key = new("", "environment", Digest.OfBytes("action"u8));

    private readonly TempFolder _folder = new();
    private S3Store _s3 = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _s3 = await S3Store.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _s3.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task MemoryDiskAndS3_ASecondCacheOverTheBucket_HasWhatTheFirstWasGiven()
    {
        var content = TestContent.Of(100_000, seed: 1);
        Digest digest;
        await using (var first = Open("first", Memory, Disk, S3()))
        {
            digest = await first.Files.PutBytesAsync(content, Token);
            await first.ActionCache!.PutAsync(Key, EntryWith(digest), Token);
        }

        await using var second = Open("second", Memory, Disk, S3());

        Assert.Equal(digest, (await second.ActionCache!.GetAsync(Key, Token))!.Result.OutputFiles[0].Digest.ToDigest("file"));
        Assert.Equal(digest, await second.Owned!.FindByHashAsync(Digest.Parse(digest.HashHex, 0), Token));
        Assert.True(await second.Files.TryLinkAsync(digest, executable: false, _folder.File("linked"), Token));
        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("linked"), Token));
        Assert.Equal(content, await second.Files.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal(1, _s3.Fake.Count("GET object") - 1);
    }

    [Fact]
    public async Task DiskAndS3_FileOfAnOutput_IsInTheBucketBeforeTheAnswer()
    {
        await using var stores = Open("only", Disk, S3());
        await File.WriteAllTextAsync(_folder.File("output"), "made here", Token);
        using var file = File.OpenHandle(_folder.File("output"));

        var digest = await stores.Files.AddFileAsync(file, DigestFunction.Sha256, Token);
        using var body = new MemoryStream("under a key"u8.ToArray());
        var keyed = await stores.Owned!.AddAsync(body, body.Length, Token);

        Assert.Contains($"farm/blobs/sha256/{digest.HashHex}", _s3.Fake.Objects.ByKey.Keys);
        Assert.Contains($"farm/blobs/sha256/{keyed.HashHex}", _s3.Fake.Objects.ByKey.Keys);
    }

    [Fact]
    public async Task S3WithoutADisk_ServesAndTakesFilesToo()
    {
        await using var stores = Open("only", S3());
        using var body = new MemoryStream(TestContent.Of(50_000, seed: 2));

        var digest = await stores.Owned!.AddAsync(body, body.Length, Token);

        Assert.Equal(body.ToArray(), await stores.Files.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Contains($"farm/blobs/sha256/{digest.HashHex}", _s3.Fake.Objects.ByKey.Keys);
    }

    [Fact]
    public async Task DiskAndS3_BucketDown_NearResultsAndBlobsAreServed()
    {
        await using var stores = Open("only", Disk, S3());
        var digest = await stores.Files.PutBytesAsync(TestContent.Of(1000, seed: 3), Token);
        await stores.ActionCache!.PutAsync(Key, EntryWith(digest), Token);
        await _s3.Fake.DisposeAsync();

        Assert.NotNull(await stores.ActionCache!.GetAsync(Key, Token));
        Assert.Null(await stores.ActionCache!.GetAsync(Key with { Action = Digest.OfBytes("another"u8) }, Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await stores.Files.PutBytesAsync(TestContent.Of(1000, seed: 4), Token));
    }

    [Fact]
    public async Task DiskAndS3_SweepOfResults_DropsOnlyWhatNoTierHas()
    {
        await using var stores = Open("only", Disk, S3());
        var digest = await stores.Files.PutBytesAsync(TestContent.Of(100_000, seed: 1), Token);
        await stores.ActionCache!.PutAsync(Key, EntryWith(digest), Token);
        await stores.OnDisk!.EvictToAsync(0);
        Assert.False(stores.OnDisk.Holds(digest));

        Assert.Equal(new ResultSweep(1, 0, 0), await stores.Sweeper!.RunAsync(Token));
        _s3.Fake.Fail("HEAD", S3Fault.SlowDown, times: 100);
        Assert.Equal(new ResultSweep(0, 0, 1), await stores.Sweeper.RunAsync(Token));
    }

    [Fact]
    public async Task DiskAndS3_SweepOfResultsWhoseBlobLeftTheBucket_DropsThem()
    {
        await using var stores = Open("only", Disk, S3());
        var digest = await stores.Files.PutBytesAsync(TestContent.Of(100_000, seed: 1), Token);
        await stores.ActionCache!.PutAsync(Key, EntryWith(digest), Token);
        await stores.OnDisk!.EvictToAsync(0);
        Assert.True(_s3.Fake.Objects.ByKey.TryRemove(_s3.Fake.Objects.ByKey.Keys.Single(key => key.Contains(digest.HashHex, StringComparison.Ordinal)), out _));

        Assert.Equal(new ResultSweep(0, 1, 0), await stores.Sweeper!.RunAsync(Token));
        Assert.Equal(default, await stores.Sweeper.RunAsync(Token));
    }

    [Fact]
    public void Options_WrongOrder_IsSaid()
    {
        Assert.Contains("the order is memory, disk", Assert.Single(TierOptions.FindProblems([Disk, Memory, S3()])), StringComparison.Ordinal);
        Assert.Contains("memory alone keeps nothing", Assert.Single(TierOptions.FindProblems([Memory])), StringComparison.Ordinal);
        Assert.Contains("1:S3:Bucket: name the bucket", TierOptions.FindProblems([Disk, new TierOptions { Kind = TierKind.S3 }]));
        Assert.Contains("is not http://host:port", Assert.Single(TierOptions.FindProblems([Disk, new TierOptions { Kind = TierKind.Remote }])), StringComparison.Ordinal);
        Assert.Contains("the nearest tier is written to at once", Assert.Single(TierOptions.FindProblems([Disk with { Writes = TierWrites.Behind }])), StringComparison.Ordinal);
    }

    private static TierOptions Memory => new() { Kind = TierKind.Memory, MaxBytes = 8 << 20 };

    private static TierOptions Disk => new() { Kind = TierKind.Disk };

    private TierOptions S3(TierWrites writes = TierWrites.Through) =>
        new() { Kind = TierKind.S3, Writes = writes, S3 = _s3.Bucket.Options with { Retries = 0 } };

    private BlobStores Open(string name, params TierOptions[] tiers) =>
        BlobStoreFactory.OpenOwner(new BlobStoreOptions { Directory = _folder.File(name), Tiers = tiers }, TimeProvider.System, NullLoggerFactory.Instance);

    private static ActionEntry EntryWith(Digest file) =>
        new(new ActionResult { OutputFiles = { new OutputFile { Path = "file", Digest = file.ToProto() } } }, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch);
}
