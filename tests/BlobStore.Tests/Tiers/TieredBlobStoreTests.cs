using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Tiers;

public sealed class TieredBlobStoreTests
{
    private readonly FailingStore _near = new(new MemoryBlobStore(64 << 20));
    private readonly MemoryBlobStore _farMemory = new(64 << 20);
    private readonly FailingStore _far;
    private readonly ManualTime _time = new();

    public TieredBlobStoreTests() => _far = new FailingStore(_farMemory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_OneHundredReadersOfAFarBlob_FetchItOnce()
    {
        await using var store = Tiers(TierWrites.Through);
        var content = TestContent.Of(2_000_000, seed: 1);
        var digest = await _farMemory.PutBytesAsync(content, Token);

        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(async () => await store.ReadAllBytesAsync(digest, cancellationToken: Token))));

        Assert.All(all, read => Assert.Equal(content, read));
        Assert.Equal(1, _far.Opened);
    }

    [Fact]
    public async Task Read_ReaderThatGivesUp_DoesNotEndTheFetchOfTheOthers()
    {
        await using var store = Tiers(TierWrites.Through);
        var digest = await _farMemory.PutBytesAsync(TestContent.Of(1000, seed: 2), Token);
        using var impatient = new CancellationTokenSource();
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.FetchAsync(digest, impatient.Token));

        Assert.NotNull(await store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal(1, _far.Opened);
    }

    [Fact]
    public async Task Read_BlobTooLargeForTheNearTier_ComesFromTheFarOne()
    {
        await using var store = Tiers(TierWrites.Through, largest: 100);
        var content = TestContent.Of(1000, seed: 3);

        var digest = await store.PutBytesAsync(content, Token);

        Assert.Equal(content, await store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.False(await _near.ContainsAsync(digest, Token));
    }

    [Fact]
    public async Task Write_Acknowledged_IsInBoth()
    {
        await using var store = Tiers(TierWrites.Through);

        var digest = await store.PutBytesAsync(TestContent.Of(1000, seed: 4), Token);

        Assert.True(await _farMemory.ContainsAsync(digest, Token));
        Assert.True(await _near.ContainsAsync(digest, Token));
    }

    [Fact]
    public async Task FindMissing_BlobOfTheFarTierAlone_IsPresentAndReadable()
    {
        await using var store = Tiers(TierWrites.Through);
        var digest = await _farMemory.PutBytesAsync(TestContent.Of(1000, seed: 5), Token);
        var absent = Digest.OfBytes("absent"u8);

        Assert.Equal([absent], await store.FindMissingAsync([digest, absent], Token));
        Assert.NotNull(await store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task FarTierDown_NearBlobsAreReadAndKnown_AndWritesSaySo()
    {
        await using var store = Tiers(TierWrites.Through);
        var digest = await store.PutBytesAsync(TestContent.Of(1000, seed: 6), Token);
        _far.IsDown = true;

        Assert.NotNull(await store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Empty(await store.FindMissingAsync([digest], Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.PutBytesAsync(TestContent.Of(1000, seed: 7), Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.FindMissingAsync([Digest.OfBytes("absent"u8)], Token));
        Assert.False(await _near.ContainsAsync(Digest.OfBytes(TestContent.Of(1000, seed: 7)), Token));
    }

    [Fact]
    public async Task FarTierThatGoesInMidWrite_NothingIsVisible()
    {
        await using var store = Tiers(TierWrites.Through);
        var content = TestContent.Of(1000, seed: 8);
        await using (var writer = await store.CreateAsync(Digest.OfBytes(content), Token))
        {
            await writer.WriteAsync(content.AsMemory(0, 500), Token);
            _far.IsDown = true;
            await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await writer.WriteAsync(content.AsMemory(500), Token));
        }

        Assert.False(await _near.ContainsAsync(Digest.OfBytes(content), Token));
    }

    [Fact]
    public async Task NearTierDown_EverythingGoesOnFromTheFarOne()
    {
        await using var store = Tiers(TierWrites.Through);
        _near.IsDown = true;
        var content = TestContent.Of(1000, seed: 9);

        var digest = await store.PutBytesAsync(content, Token);

        Assert.Empty(await store.FindMissingAsync([digest], Token));
        Assert.Equal(content, await store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task WriteBehind_FarTierDown_IsAcknowledgedAndArrivesWhenItIsBack()
    {
        await using var store = Tiers(TierWrites.Behind, TimeProvider.System);
        _far.IsDown = true;
        var content = TestContent.Of(1000, seed: 10);

        var digest = await store.PutBytesAsync(content, Token);
        Assert.Equal([Digest.OfBytes("absent"u8)], await store.FindMissingAsync([digest, Digest.OfBytes("absent"u8)], Token));
        Assert.Equal(1, store.WaitingCopies);
        _far.IsDown = false;

        await Eventually.IsTrueAsync(token => _farMemory.ContainsAsync(digest, token), Token);
        await Eventually.IsTrueAsync(() => store.WaitingCopies == 0, Token);
    }

    [Fact]
    public async Task WriteNever_FarTier_IsOnlyRead()
    {
        await using var store = Tiers(TierWrites.Never);
        var inFar = await _farMemory.PutBytesAsync(TestContent.Of(1000, seed: 11), Token);

        var written = await store.PutBytesAsync(TestContent.Of(1000, seed: 12), Token);

        Assert.Empty(await store.FindMissingAsync([inFar, written], Token));
        Assert.False(await _farMemory.ContainsAsync(written, Token));
        Assert.NotNull(await store.ReadAllBytesAsync(inFar, cancellationToken: Token));
    }

    [Fact]
    public async Task FarTierThatLostABlob_GetsItBackWhenItIsUsedHere()
    {
        await using var store = Tiers(TierWrites.Through);
        var digest = await _near.PutBytesAsync(TestContent.Of(1000, seed: 13), Token);

        Assert.Empty(await store.FindMissingAsync([digest], Token));

        await Eventually.IsTrueAsync(token => _farMemory.ContainsAsync(digest, token), Token);
    }

    [Fact]
    public async Task FindMissing_NearBlobAskedForAgainAndAgain_IsConfirmedFarNowAndThen()
    {
        await using var store = Tiers(TierWrites.Through);
        var digest = await store.PutBytesAsync(TestContent.Of(1000, seed: 14), Token);
        for (var i = 0; i < 100; i++)
        {
            await store.FindMissingAsync([digest], Token);
        }

        Assert.Equal(0, _far.Asked);
        _time.Advance(TimeSpan.FromMinutes(1));
        await store.FindMissingAsync([digest], Token);

        await Eventually.IsTrueAsync(() => _far.Asked == 1, Token);
    }

    private TieredBlobStore Tiers(TierWrites writes, TimeProvider? time = null, long largest = long.MaxValue) =>
        new(_near, _far, writes, largest, TimeSpan.FromMinutes(1), time ?? _time, NullLogger<TieredBlobStore>.Instance);
}
