using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Disk;

public sealed class DiskBlobStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Restart_BlobsWritten_AreThere()
    {
        var content = TestContent.Of(2_000_000, seed: 1);
        Digest digest;
        await using (var store = new DiskStore(_folder.Path))
        {
            digest = await store.Blobs.PutBytesAsync(content, Token);
        }

        await using var reopened = new DiskStore(_folder.Path);

        Assert.Equal(content, await reopened.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task Read_FlippedBit_NeverGivesTheWholeAndDropsTheBlob(int size)
    {
        var digest = await WriteAndCloseAsync(TestContent.Of(size, seed: 2));
        await using var store = new DiskStore(_folder.Path);
        Damage(store.FileOf(digest), size / 2);

        var refused = false;
        try
        {
            refused = await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token) is null;
        }
        catch (CorruptBlobException)
        {
            refused = true;
        }

        Assert.True(refused);
        Assert.Null(await store.Blobs.OpenAsync(digest, Token));
        Assert.Equal([digest], await store.Blobs.FindMissingAsync([digest], Token));
        Assert.False(File.Exists(store.FileOf(digest)));
    }

    [Fact]
    public async Task Read_FlippedBitAfterBlobWasDropped_CanBeWrittenAgain()
    {
        var content = TestContent.Of(1000, seed: 3);
        var digest = await WriteAndCloseAsync(content);
        await using var store = new DiskStore(_folder.Path);
        Damage(store.FileOf(digest), 10);
        Assert.Null(await store.Blobs.OpenAsync(digest, Token));

        await store.Blobs.PutBytesAsync(content, Token);

        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Open_TornFile_IsAMissAndCanBeWrittenAgain()
    {
        var content = TestContent.Of(50_000, seed: 4);
        var digest = await WriteAndCloseAsync(content);
        await using var store = new DiskStore(_folder.Path);
        MakeWritable(store.FileOf(digest));
        await using (var file = new FileStream(store.FileOf(digest), FileMode.Open))
        {
            file.SetLength(20_000);
        }

        Assert.Null(await store.Blobs.OpenAsync(digest, Token));
        Assert.Equal([digest], await store.Blobs.FindMissingAsync([digest], Token));
        await store.Blobs.PutBytesAsync(content, Token);
        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Read_VerificationOff_GivesWhatIsThere()
    {
        var digest = await WriteAndCloseAsync(TestContent.Of(1000, seed: 5));
        await using var store = new DiskStore(_folder.Path, new DiskBlobStoreOptions { ReadVerification = ReadVerification.Never });
        Damage(store.FileOf(digest), 10);

        Assert.NotNull(await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Written_File_IsItsOwnersAloneToChangeAndNamedByItsContent()
    {
        await using var store = new DiskStore(_folder.Path);
        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 6), Token);

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(store.FileOf(digest)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.File("tmp")));
    }

    [Fact]
    public async Task Write_SyncedBlobs_ReadsBack()
    {
        await using var store = new DiskStore(_folder.Path, new DiskBlobStoreOptions { SyncBlobs = true });
        var content = TestContent.Of(1000, seed: 7);
        var digest = await store.Blobs.PutBytesAsync(content, Token);

        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public void Open_DirectoryInUse_SaysSo()
    {
        using var first = StoreDirectory.Open(_folder.Path);

        var refusal = Assert.Throws<IOException>(() => StoreDirectory.Open(_folder.Path));
        Assert.Contains(_folder.Path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TemporaryFilesOfACrash_AreRemoved()
    {
        Directory.CreateDirectory(_folder.File("tmp"));
        await File.WriteAllTextAsync(_folder.File("tmp/1"), "half a blob", Token);

        await using var store = new DiskStore(_folder.Path);

        Assert.False(File.Exists(_folder.File("tmp/1")));
    }

    [Fact]
    public async Task DiskFull_Write_IsRefusedAndReadsGoOn()
    {
        using var small = SmallDisk.Mount(_folder.File("disk"), megabytes: 8);
        await using var store = new DiskStore(small.Path, new DiskBlobStoreOptions { MaxBytes = 1L << 30 });
        var kept = TestContent.Of(3_000_000, seed: 8);
        var digest = await store.Blobs.PutBytesAsync(kept, Token);

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.PutBytesAsync(TestContent.Of(6_000_000, seed: 9), Token));
        await Assert.ThrowsAsync<BlobStoreFullException>(async () =>
        {
            // Blobs below the size whose space is reserved up front run into the wall while they are written.
            for (var i = 0; i < 100; i++)
            {
                await store.Blobs.PutBytesAsync(TestContent.Of(200_000, seed: 100 + i), Token);
            }
        });

        Assert.Equal(kept, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(small.Path, "tmp")));
    }

    private static void MakeWritable(string path) => File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static void Damage(string path, int offset)
    {
        MakeWritable(path);
        using var file = new FileStream(path, FileMode.Open);
        file.Position = offset;
        var before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 1));
    }

    private async Task<Digest> WriteAndCloseAsync(byte[] content)
    {
        await using var store = new DiskStore(_folder.Path);
        return await store.Blobs.PutBytesAsync(content, Token);
    }
}
