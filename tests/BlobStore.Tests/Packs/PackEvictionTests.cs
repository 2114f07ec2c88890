using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Packs;

public sealed class PackEvictionTests : IDisposable
{
    private const int BlobBytes = 1024;
    private const int RecordBytes = 1024 + 40;

    // 64 KiB of it are set aside for copying packs together.
    private static readonly DiskBlobStoreOptions OneMegabyte = new() { MaxBytes = 1 << 20, PackUpTo = 4096 };

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Write_BeyondTheLimit_EvictsTheLeastRecentlyUsed()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte, _time);
        var blobs = await FillAsync(store, 900);
        await store.Blobs.FindMissingAsync(blobs[..20], Token);
        await (await store.Blobs.OpenAsync(blobs[20], Token))!.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(1));

        await FillAsync(store, 100, firstSeed: 5000);

        var missing = (await store.Blobs.FindMissingAsync(blobs, Token)).ToHashSet();
        Assert.NotEmpty(missing);
        // Whoever is missing was used before all that are there.
        Assert.Equal(blobs[21..(21 + missing.Count)], blobs.Where(missing.Contains).ToArray());
        Assert.InRange(store.BytesOnDisk, 1, OneMegabyte.MaxBytes);
        Assert.InRange(store.Blobs.Packs.Evicted, 1, 300);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_TheOrderOfUse_IsKept(bool crash)
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.File("before"), OneMegabyte, _time))
        {
            blobs = await FillAsync(store, 850);
            await store.Blobs.FindMissingAsync(blobs[..100], Token);
            store.Blobs.Packs.WriteLists();
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("crashed"));
        }

        await using var reopened = new PackedStore(_folder.File(crash ? "crashed" : "before"), OneMegabyte, _time);
        _time.Advance(TimeSpan.FromMinutes(1));
        await FillAsync(reopened, 150, firstSeed: 5000);

        var missing = await reopened.Blobs.FindMissingAsync(blobs, Token);
        Assert.NotEmpty(missing);
        Assert.Equal(blobs[100..(100 + missing.Count)], missing);
    }

    [Fact]
    public async Task Write_FilesAndPackedBlobs_GoInOneOrder()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte, _time);
        var order = new List<Digest>();
        for (var i = 0; i < 20; i++)
        {
            order.Add(await store.Blobs.PutBytesAsync(TestContent.Of(20_000, 9000 + i), Token));
            _time.Advance(TimeSpan.FromMinutes(1));
            order.AddRange(await FillAsync(store, 20, firstSeed: i * 100));
        }

        await store.Blobs.Files.FlushIndexAsync();
        await FillAsync(store, 200, firstSeed: 50_000);

        var missing = (await store.Blobs.FindMissingAsync(order, Token)).ToHashSet();
        var last = order.FindLastIndex(missing.Contains);
        Assert.Contains(missing, digest => digest.SizeBytes == 20_000);
        Assert.Contains(missing, digest => digest.SizeBytes == BlobBytes);
        Assert.Equal(last + 1, missing.Count);
    }

    [Fact]
    public async Task Evict_WhatIsScatteredOverPacks_GivesItsSpaceBack()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte, _time);
        var blobs = await FillAsync(store, 800);
        for (var round = 0; round < 20; round++)
        {
            // Every third stays in use.
            await store.Blobs.FindMissingAsync([.. blobs.Where((_, i) => i % 3 == 0)], Token);
            await FillAsync(store, 100, firstSeed: 10_000 + (round * 100));
            Assert.InRange(store.BytesOnDisk, 1, OneMegabyte.MaxBytes);
        }

        Assert.Empty(await store.Blobs.FindMissingAsync([.. blobs.Where((_, i) => i % 3 == 0)], Token));
        Assert.InRange(store.Blobs.Packs.Count, OneMegabyte.MaxBytes / RecordBytes * 6 / 10, OneMegabyte.MaxBytes / RecordBytes);
    }

    [Fact]
    public async Task Write_ManyAtTheLimitBesideReaders_NeverExceedsItAndNeverGivesWrongBytes()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte);
        var largest = 0L;
        var read = 0;

        await Parallel.ForAsync(0, 20_000, Token, async (i, token) =>
        {
            var seed = i % 2 == 0 ? i / 2 % 200 : i % 5000;
            var content = TestContent.Of(200 + (seed % 3000), seed);
            var digest = Digest.OfBytes(content);
            if (await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: token) is { } found)
            {
                Assert.Equal(content, found);
                Interlocked.Increment(ref read);
            }
            else
            {
                await store.Blobs.PutBytesAsync(content, token);
            }

            InterlockedMax(ref largest, store.Blobs.UsedBytes);
        });

        Assert.InRange(largest, 1, OneMegabyte.MaxBytes);
        Assert.Equal(store.Packs.Sum(path => new FileInfo(path).Length), store.Blobs.Packs.UsedBytes);
        Assert.Equal(0, store.Blobs.Packs.Corrupt);
        Assert.NotEqual(0, read);
        Assert.NotEqual(0, store.Blobs.Packs.Evicted);
    }

    [Fact]
    public async Task Read_BlobEvictedMeanwhile_GoesOn()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte, _time);
        var blobs = await FillAsync(store, 1);
        await using var reader = (await store.Blobs.OpenAsync(blobs[0], Token))!;

        await FillAsync(store, 2000, firstSeed: 1000);

        Assert.Equal(blobs, await store.Blobs.FindMissingAsync(blobs, Token));
        var buffer = new byte[BlobBytes];
        await reader.ReadExactlyAsync(buffer, Token);
        Assert.Equal(blobs[0], Digest.OfBytes(buffer));
    }

    [Fact]
    public async Task Create_RoomTakenByOtherWriters_IsRefusedUntilTheyEnd()
    {
        await using var store = new PackedStore(_folder.Path, OneMegabyte, _time);
        var large = TestContent.Of(979_000, seed: 1);
        await using (await store.Blobs.CreateAsync(Digest.OfBytes(large), Token))
        {
            await Assert.ThrowsAsync<BlobStoreFullException>(async () => await FillAsync(store, 10));
        }

        await FillAsync(store, 10);
    }

    private static void InterlockedMax(ref long target, long value)
    {
        long before;
        while ((before = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, before) != before)
        {
            // Somebody else changed it; look again.
        }
    }

    private Task<Digest[]> FillAsync(PackedStore store, int count, int firstSeed = 0) => store.Blobs.FillAsync(BlobBytes, count, firstSeed, _time);
}
