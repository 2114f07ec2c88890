using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Packs;

public sealed class PackingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Write_SmallBlobs_TakeNoFilesAndLittleMoreThanTheirBytes()
    {
        await using var store = new PackedStore(_folder.Path);

        await FillAsync(store, 1000);

        Assert.Empty(store.Files);
        Assert.InRange(store.BytesOnDisk, 1000 * 1024, 1000 * 1024 * 21 / 20);
        Assert.Equal(store.BytesOnDisk, store.Blobs.UsedBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_InOrderOrAfterACrash_HasEverything(bool crash)
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.File("before")))
        {
            blobs = await FillAsync(store, 500);
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("crashed"));
        }

        await using var reopened = new PackedStore(_folder.File(crash ? "crashed" : "before"));

        Assert.Empty(await reopened.Blobs.FindMissingAsync(blobs, Token));
        await AssertReadsAsync(reopened, blobs, firstSeed: 0);
        Assert.Equal(crash ? 0 : 1, reopened.Lists.Length);
        await FillAsync(reopened, 10, firstSeed: 5000);
        Assert.Single(reopened.Packs);
    }

    [Fact]
    public async Task Start_ListIsDamaged_ReadsThePack()
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.Path))
        {
            blobs = await FillAsync(store, 100);
        }

        PackedStore.Damage(_folder.File("packs/00000000.list"), 100);
        await using var reopened = new PackedStore(_folder.Path);

        await AssertReadsAsync(reopened, blobs, firstSeed: 0);
    }

    [Fact]
    public async Task Start_TornEnd_DropsTheLastAlone()
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.File("before")))
        {
            blobs = await FillAsync(store, 50);
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("after"));
        }

        await using (var file = new FileStream(_folder.File("after/packs/00000000.pack"), FileMode.Open))
        {
            file.SetLength(file.Length - 100);
        }

        await using var reopened = new PackedStore(_folder.File("after"));
        Assert.Equal([blobs[^1]], await reopened.Blobs.FindMissingAsync(blobs, Token));
        await reopened.Blobs.PutBytesAsync(TestContent.Of(1024, seed: 49), Token);

        await AssertReadsAsync(reopened, blobs, firstSeed: 0);
    }

    [Fact]
    public async Task Start_EndIsGarbage_IsDroppedAndWrittenOver()
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.File("before")))
        {
            blobs = await FillAsync(store, 50);
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("after"));
        }

        await using (var file = new FileStream(_folder.File("after/packs/00000000.pack"), FileMode.Append))
        {
            // A header that promises more than there is, and noise.
            await file.WriteAsync(new byte[] { (byte)'B', (byte)'F', (byte)'p', 1, 1, 0, 255, 255, 9, 9, 9, 9, 9, 9, 9, 9 }, Token);
            await file.WriteAsync(TestContent.Of(5001, seed: 99), Token);
        }

        await using (var reopened = new PackedStore(_folder.File("after")))
        {
            Assert.Empty(await reopened.Blobs.FindMissingAsync(blobs, Token));
            blobs = [.. blobs, .. await FillAsync(reopened, 50, firstSeed: 50)];
            Assert.InRange(reopened.Blobs.UsedBytes, 100 * 1024, 100 * 1072);
        }

        await using var again = new PackedStore(_folder.File("after"));
        await AssertReadsAsync(again, blobs, firstSeed: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_OneDamagedBlob_IsAMissForItAlone(bool withoutLists)
    {
        Digest[] blobs;
        await using (var store = new PackedStore(_folder.Path))
        {
            blobs = await FillAsync(store, 100);
        }

        var content = TestContent.Of(1024, seed: 50);
        var (pack, offset) = PackedStore.Find([_folder.File("packs/00000000.pack")], content);
        PackedStore.Damage(pack, offset + 500);
        if (withoutLists)
        {
            File.Delete(_folder.File("packs/00000000.list"));
        }

        await using var reopened = new PackedStore(_folder.Path);

        Assert.Null(await reopened.Blobs.OpenAsync(blobs[50], Token));
        Assert.Equal([blobs[50]], await reopened.Blobs.FindMissingAsync(blobs, Token));
        await reopened.Blobs.PutBytesAsync(content, Token);
        await AssertReadsAsync(reopened, blobs, firstSeed: 0);
    }

    [Fact]
    public async Task Read_DamagedHeader_IsAMissForItAlone()
    {
        await using var store = new PackedStore(_folder.Path);
        var blobs = await FillAsync(store, 10);
        var (pack, offset) = PackedStore.Find(store.Packs, TestContent.Of(1024, seed: 5));
        PackedStore.Damage(pack, offset - 40);

        Assert.Null(await store.Blobs.OpenAsync(blobs[5], Token));
        Assert.Equal([blobs[5]], await store.Blobs.FindMissingAsync(blobs, Token));
    }

    [Fact]
    public async Task Read_HashThatEndsDifferently_IsAMiss()
    {
        await using var store = new PackedStore(_folder.Path);
        var digest = await store.Blobs.PutBytesAsync("content"u8.ToArray(), Token);
        var other = Digest.Parse($"{digest.HashHex[..^1]}{(digest.HashHex[^1] == '0' ? '1' : '0')}", digest.SizeBytes);

        Assert.Null(await store.Blobs.OpenAsync(other, Token));
    }

    [Fact]
    public async Task FindByHash_PackedBlob_TellsItsSize()
    {
        await using var store = new PackedStore(_folder.Path);
        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(777, seed: 1), Token);

        Assert.Equal(digest, store.Blobs.FindByHash(Digest.Parse(digest.HashHex, 1)));
        Assert.Null(store.Blobs.FindByHash(Digest.OfBytes("other"u8)));
    }

    [Fact]
    public async Task Write_EveryFunction_IsPackedAndComesBackAfterACrash()
    {
        var content = TestContent.Of(700, seed: 1);
        await using (var store = new PackedStore(_folder.File("before")))
        {
            foreach (var function in DigestFunction.All)
            {
                await store.Blobs.PutBytesAsync(content, function, Token);
            }

            Assert.Equal(DigestFunction.All.Count, store.Blobs.Packs.Count);
            DiskStore.CrashCopy(_folder.File("before"), _folder.File("after"));
        }

        await using var reopened = new PackedStore(_folder.File("after"));
        foreach (var function in DigestFunction.All)
        {
            Assert.Equal(content, await reopened.Blobs.ReadAllBytesAsync(Digest.OfBytes(content, function), cancellationToken: Token));
        }
    }

    [Fact]
    public async Task Add_SmallContent_IsPacked()
    {
        await using var store = new PackedStore(_folder.Path);
        var content = TestContent.Of(500, seed: 1);
        await File.WriteAllBytesAsync(_folder.File("output"), content, Token);
        using var file = File.OpenHandle(_folder.File("output"));
        using var stream = new MemoryStream(TestContent.Of(600, seed: 2));

        Assert.Equal(Digest.OfBytes(content), await store.Blobs.AddFileAsync(file, DigestFunction.Sha256, Token));
        Assert.Equal(600, (await store.Blobs.AddAsync(stream, 600, Token)).SizeBytes);

        Assert.Equal(2, store.Blobs.Packs.Count);
        Assert.Empty(store.Files);
    }

    [Fact]
    public async Task Write_MoreThanMayBePacked_GetsFiles()
    {
        await using var store = new PackedStore(_folder.Path, new DiskBlobStoreOptions { PackUpTo = 4096, MaxPackedBlobs = 5 });

        var blobs = await FillAsync(store, 8);

        Assert.Equal(5, store.Blobs.Packs.Count);
        Assert.Equal(3, store.Files.Length);
        await AssertReadsAsync(store, blobs, firstSeed: 0);
    }

    [Fact]
    public async Task DiskFull_Write_IsRefusedAndReadsGoOn()
    {
        using var small = SmallDisk.Mount(_folder.File("disk"), megabytes: 4);
        var blobs = new List<Digest>();
        await using (var store = new PackedStore(small.Path, new DiskBlobStoreOptions { PackUpTo = 4096, MaxBytes = 1L << 30 }))
        {
            await Assert.ThrowsAsync<BlobStoreFullException>(async () =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    blobs.Add(await store.Blobs.PutBytesAsync(TestContent.Of(1024, i), Token));
                }
            });
            await AssertReadsAsync(store, [.. blobs], firstSeed: 0);
        }

        await using var reopened = new PackedStore(small.Path);
        await AssertReadsAsync(reopened, [.. blobs], firstSeed: 0);
    }

    private static Task<Digest[]> FillAsync(PackedStore store, int count, int firstSeed = 0) => store.Blobs.FillAsync(1024, count, firstSeed);

    private static async Task AssertReadsAsync(PackedStore store, Digest[] blobs, int firstSeed)
    {
        for (var i = 0; i < blobs.Length; i++)
        {
            Assert.Equal(TestContent.Of(1024, firstSeed + i), await store.Blobs.ReadAllBytesAsync(blobs[i], cancellationToken: Token));
        }
    }
}
