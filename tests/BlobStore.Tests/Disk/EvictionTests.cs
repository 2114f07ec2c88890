using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Disk;

public sealed class EvictionTests : IDisposable
{
    private const int BlobBytes = 4096;

    private static readonly DiskBlobStoreOptions TwentyBlobs = new() { MaxBytes = 20 * BlobBytes };

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Write_BeyondTheLimit_EvictsTheLeastRecentlyUsed()
    {
        await using var store = new DiskStore(_folder.Path, TwentyBlobs, _time);
        var blobs = await FillAsync(store, 20);
        Assert.Empty(await store.Blobs.FindMissingAsync([blobs[0]], Token));
        await using (var reader = await store.Blobs.OpenAsync(blobs[1], Token))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await FillAsync(store, 1, firstSeed: 1000);

        Assert.Equal([blobs[2], blobs[3], blobs[4]], await store.Blobs.FindMissingAsync(blobs[..5], Token));
        Assert.InRange(store.Blobs.UsedBytes, 1, TwentyBlobs.MaxBytes);
    }

    [Fact]
    public async Task Restart_InOrder_KeepsTheOrderOfUseAndScansNothing()
    {
        Digest[] blobs;
        await using (var store = new DiskStore(_folder.Path, TwentyBlobs, _time))
        {
            blobs = await FillAsync(store, 20);
            await store.Blobs.FindMissingAsync([blobs[0]], Token);
        }

        await using var reopened = new DiskStore(_folder.Path, TwentyBlobs, _time);
        Assert.Equal(20 * BlobBytes, reopened.Blobs.UsedBytes);
        _time.Advance(TimeSpan.FromMinutes(1));
        await FillAsync(reopened, 1, firstSeed: 1000);

        Assert.Equal([blobs[1], blobs[2], blobs[3]], await reopened.Blobs.FindMissingAsync(blobs[..4], Token));
        Assert.Equal(0, reopened.Blobs.FilesExamined);
    }

    [Fact]
    public async Task Restart_AfterACrash_ReconcilesInTheBackgroundAndEvicts()
    {
        Digest[] blobs;
        await using (var store = new DiskStore(_folder.File("before"), TwentyBlobs, _time))
        {
            blobs = await FillAsync(store, 20);
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("after"));
        }

        await using var reopened = new DiskStore(_folder.File("after"), TwentyBlobs, _time);
        Assert.Empty(await reopened.Blobs.FindMissingAsync(blobs, Token));
        await reopened.Blobs.Reconciled.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Equal(20, reopened.Blobs.FilesExamined);
        Assert.Equal(20 * BlobBytes, reopened.Blobs.UsedBytes);
        _time.Advance(TimeSpan.FromMinutes(1));
        await FillAsync(reopened, 5, firstSeed: 1000);

        Assert.InRange(reopened.Blobs.UsedBytes, 1, TwentyBlobs.MaxBytes);
        Assert.NotEqual(0, reopened.Blobs.FilesEvicted);
    }

    [Fact]
    public async Task Start_IndexIsGarbage_IsRebuilt()
    {
        Digest[] blobs;
        await using (var store = new DiskStore(_folder.Path, TwentyBlobs, _time))
        {
            blobs = await FillAsync(store, 10);
        }

        await File.WriteAllTextAsync(_folder.File("blobs.index"), new string('x', 10_000), Token);
        await using var reopened = new DiskStore(_folder.Path, TwentyBlobs, _time);
        await reopened.Blobs.Reconciled.WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal(10 * BlobBytes, reopened.Blobs.UsedBytes);
        Assert.Empty(await reopened.Blobs.FindMissingAsync(blobs, Token));
    }

    [Fact]
    public async Task Read_BlobEvictedMeanwhile_GoesOn()
    {
        await using var store = new DiskStore(_folder.Path, TwentyBlobs, _time);
        var blobs = await FillAsync(store, 1);
        await using var reader = (await store.Blobs.OpenAsync(blobs[0], Token))!;

        await FillAsync(store, 40, firstSeed: 1000);

        Assert.False(File.Exists(store.FileOf(blobs[0])));
        var buffer = new byte[BlobBytes];
        await reader.ReadExactlyAsync(buffer, Token);
        Assert.Equal(blobs[0], Digest.OfBytes(buffer));
    }

    [Fact]
    public async Task Create_LargerThanTheStore_IsRefused()
    {
        await using var store = new DiskStore(_folder.Path, TwentyBlobs, _time);

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.PutBytesAsync(new byte[21 * BlobBytes], Token));
    }

    [Fact]
    public async Task Create_RoomTakenByOtherWriters_IsRefusedUntilTheyEnd()
    {
        await using var store = new DiskStore(_folder.Path, TwentyBlobs, _time);
        var first = TestContent.Of(15 * BlobBytes, seed: 1);
        var second = TestContent.Of(10 * BlobBytes, seed: 2);
        await using (await store.Blobs.CreateAsync(Digest.OfBytes(first), Token))
        {
            await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.PutBytesAsync(second, Token));
        }

        await store.Blobs.PutBytesAsync(second, Token);
    }

    [Fact]
    public async Task Create_AnnouncedSizesThatNeverCome_EvictNothing()
    {
        await using var store = new DiskStore(_folder.Path, new DiskBlobStoreOptions { MaxBytes = 24 << 20 }, _time);
        var kept = new List<Digest>();
        for (var i = 0; i < 12; i++)
        {
            kept.Add(await store.Blobs.PutBytesAsync(TestContent.Of(1 << 20, i), Token));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var large = TestContent.Of(16 << 20, seed: 100);
        await using var silent = await store.Blobs.CreateAsync(Digest.OfBytes(TestContent.Of(7 << 20, seed: 101)), Token);
        await using var writer = await store.Blobs.CreateAsync(Digest.OfBytes(large), Token);
        await store.Blobs.FlushIndexAsync();
        Assert.Equal(0, store.Blobs.FilesEvicted);
        Assert.Empty(await store.Blobs.FindMissingAsync(kept, Token));

        // What does come makes room for itself, the oldest first.
        for (var offset = 0; offset < large.Length; offset += 1 << 18)
        {
            await writer.WriteAsync(large.AsMemory(offset, 1 << 18), Token);
            Assert.InRange(store.Blobs.FilesEvicted, 0, 2 + (offset >> 20));
        }

        await writer.CommitAsync(Token);
        await store.Blobs.FlushIndexAsync();
        Assert.NotEqual(0, store.Blobs.FilesEvicted);
        Assert.InRange(store.Blobs.UsedBytes, large.Length, 24 << 20);
        Assert.Equal(large, await store.Blobs.ReadAllBytesAsync(Digest.OfBytes(large), cancellationToken: Token));
    }

    [Fact]
    public async Task Create_MoreAnnouncedThanTheStoreHolds_IsRefusedAtOnce()
    {
        await using var store = new DiskStore(_folder.Path, new DiskBlobStoreOptions { MaxBytes = 24 << 20 }, _time);
        var small = await store.Blobs.PutBytesAsync(TestContent.Of(1 << 20, seed: 1), Token);
        await using var first = await store.Blobs.CreateAsync(Digest.OfBytes(TestContent.Of(16 << 20, seed: 2)), Token);

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.CreateAsync(Digest.OfBytes(TestContent.Of(12 << 20, seed: 3)), Token));

        Assert.Empty(await store.Blobs.FindMissingAsync([small], Token));
        await first.DisposeAsync();
        await using var second = await store.Blobs.CreateAsync(Digest.OfBytes(TestContent.Of(12 << 20, seed: 3)), Token);
    }

    [Fact]
    public async Task Write_ManyAtTheLimit_NeverExceedsIt()
    {
        await using var store = new DiskStore(_folder.Path, new DiskBlobStoreOptions { MaxBytes = 200 * BlobBytes }, _time);

        await Parallel.ForAsync(0, 2000, Token, async (i, token) => await store.Blobs.PutBytesAsync(TestContent.Of(BlobBytes, i), token));

        await store.Blobs.FlushIndexAsync();
        var onDisk = Directory.EnumerateFiles(_folder.File("blobs"), "*", SearchOption.AllDirectories).Count();
        Assert.Equal(onDisk * (long)BlobBytes, store.Blobs.UsedBytes);
        Assert.InRange(onDisk, 1, 200);
    }

    [Fact]
    public Task Restart_ManyBlobs_AnswersBeforeAnyScan() => AnswersBeforeAnyScanAsync(2_000);

    [Fact]
    [Trait("Tier", "Full")]
    public Task Restart_HundredThousandBlobs_AnswersBeforeAnyScan() => AnswersBeforeAnyScanAsync(100_000);

    private async Task AnswersBeforeAnyScanAsync(int count)
    {
        var digests = new Digest[count];
        await using (var store = new DiskStore(_folder.File("before")))
        {
            await Parallel.ForAsync(0, count, Token, async (i, token) => digests[i] = await store.Blobs.PutBytesAsync(BitConverter.GetBytes(i), token));
            // A file that is written while it is copied is torn as no crash tears it.
            await store.Blobs.FlushIndexAsync();
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("crashed"));
        }

        // After an orderly stop nothing is ever scanned.
        await using (var reopened = new DiskStore(_folder.File("before")))
        {
            Assert.Empty(await reopened.Blobs.FindMissingAsync(digests[..100], Token));
            Assert.NotNull(await reopened.Blobs.ReadAllBytesAsync(digests[^1], cancellationToken: Token));
            Assert.Equal(count * (long)BlobBytes, reopened.Blobs.UsedBytes);
            Assert.True(reopened.Blobs.Reconciled.IsCompleted);
            Assert.Equal(0, reopened.Blobs.FilesExamined);
        }

        // After a crash the comparison runs behind the first answers: a clock whose timers never fire holds it back.
        await using var crashed = new DiskStore(_folder.File("crashed"), time: new StoppedTime());
        Assert.Empty(await crashed.Blobs.FindMissingAsync(digests[..100], Token));
        Assert.NotNull(await crashed.Blobs.ReadAllBytesAsync(digests[^1], cancellationToken: Token));
        Assert.InRange(crashed.Blobs.FilesExamined, 0, count / 50);
        Assert.False(crashed.Blobs.Reconciled.IsCompleted);
    }

    private async Task<Digest[]> FillAsync(DiskStore store, int count, int firstSeed = 0)
    {
        var blobs = await store.Blobs.FillAsync(BlobBytes, count, firstSeed, _time);
        await store.Blobs.FlushIndexAsync();
        return blobs;
    }
}
