using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Packs;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Disk;

/// <summary>What was used lately is held, files and packed blobs alike.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    [InlineData(20_000, false)]
    [InlineData(20_000, true)]
    public async Task Write_WhenEverythingIsLeased_IsRefusedAndReadsGoOn(int size, bool restart)
    {
        Digest[] blobs;
        await using (var store = Open())
        {
            blobs = await FillAsync(store, size);
            Assert.Empty(await store.Blobs.FindMissingAsync(blobs, Token));
            if (!restart)
            {
                await AssertRefusedAsync(store);
            }
        }

        await using var again = Open();
        await AssertRefusedAsync(again);
        Assert.Empty(await again.Blobs.FindMissingAsync(blobs, Token));
        Assert.Equal(TestContent.Of(size, 3), await again.Blobs.ReadAllBytesAsync(blobs[3], cancellationToken: Token));

        _time.Advance(Lifetime + TimeSpan.FromMinutes(1));
        await again.Blobs.PutBytesAsync(TestContent.Of(100_000, seed: 77), Token);
        Assert.NotEmpty(await again.Blobs.FindMissingAsync(blobs, Token));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(20_000)]
    public async Task Write_UnderPressure_TakesOnlyWhatNobodyAskedForLately(int size)
    {
        await using var store = Open();
        var blobs = await FillAsync(store, size);
        var needed = blobs.Where((_, i) => i % 4 == 0).ToArray();
        _time.Advance(Lifetime);
        for (var round = 0; round < 12; round++)
        {
            _time.Advance(TimeSpan.FromMinutes(3));
            Assert.Empty(await store.Blobs.FindMissingAsync(needed, Token));
            await store.Blobs.PutBytesAsync(TestContent.Of(30_000, 900 + round), Token);
            await store.Blobs.PutBytesAsync(TestContent.Of(1500, 950 + round), Token);
        }

        Assert.Empty(await store.Blobs.FindMissingAsync(needed, Token));
        Assert.NotEmpty(await store.Blobs.FindMissingAsync(blobs, Token));
        Assert.InRange(store.BytesOnDisk, 1, 1 << 20);
    }

    // The refusal of a blob that would need others to go.
    private static async Task AssertRefusedAsync(PackedStore store)
    {
        var refusal = await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.PutBytesAsync(TestContent.Of(100_000, seed: 77), Token));
        Assert.Contains("in the last 10 min is held", refusal.Message, StringComparison.Ordinal);
    }

    private PackedStore Open() =>
        new(_folder.Path, new DiskBlobStoreOptions { MaxBytes = 1 << 20, PackUpTo = 4096, MinimumLifetime = Lifetime }, _time);

    private static async Task<Digest[]> FillAsync(PackedStore store, int size)
    {
        var blobs = new List<Digest>();
        while (store.Blobs.UsedBytes < (1 << 20) - (64 << 10) - 50_000)
        {
            blobs.Add(await store.Blobs.PutBytesAsync(TestContent.Of(size, blobs.Count), Token));
        }

        await store.Blobs.Files.FlushIndexAsync();
        return [.. blobs];
    }
}
