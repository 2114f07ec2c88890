using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Disk;

public sealed class FileStoreTests : IAsyncLifetime
{
    private const UnixFileMode Data = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Data | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly TempFolder _folder = new();
    private DiskStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _store = new DiskStore(_folder.File("store"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Link_PresentBlob_IsTheContentWithItsMode(bool executable)
    {
        var content = TestContent.Of(700_000, seed: 1);
        var digest = await _store.Blobs.PutBytesAsync(content, Token);

        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable, _folder.File("a"), Token));
        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable, _folder.File("b"), Token));

        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("a"), Token));
        Assert.Equal(executable ? Executable : Data, File.GetUnixFileMode(_folder.File("b")));
        // The names are of the store's own file: no byte was copied for the second one.
        Assert.Equal(executable, File.Exists(_store.FileOf(digest, executable: true)));
    }

    [Fact]
    public async Task Link_BothModes_AreDifferentFiles()
    {
        var digest = await _store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 2), Token);

        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("x"), Token));
        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: false, _folder.File("plain"), Token));

        Assert.Equal(Executable, File.GetUnixFileMode(_folder.File("x")));
        Assert.Equal(Data, File.GetUnixFileMode(_folder.File("plain")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Link_EmptyBlob_IsAnEmptyFile(bool executable)
    {
        Assert.True(await _store.Blobs.TryLinkAsync(Digest.Empty, executable, _folder.File("empty"), Token));

        Assert.Equal(0, new FileInfo(_folder.File("empty")).Length);
        Assert.Equal(executable ? Executable : Data, File.GetUnixFileMode(_folder.File("empty")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Link_UnknownBlob_IsFalse(bool executable)
    {
        Assert.False(await _store.Blobs.TryLinkAsync(Digest.OfBytes("unknown"u8), executable, _folder.File("no"), Token));
        Assert.False(File.Exists(_folder.File("no")));
    }

    [Fact]
    public async Task Link_OtherFileSystem_IsACopy()
    {
        var digest = await _store.Blobs.PutBytesAsync(TestContent.Of(2_000_000, seed: 3), Token);
        using var disk = SmallDisk.Mount(_folder.File("disk"), megabytes: 8);

        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: true, Path.Combine(disk.Path, "copy"), Token));

        Assert.Equal(digest, Digest.OfBytes(await File.ReadAllBytesAsync(Path.Combine(disk.Path, "copy"), Token)));
        Assert.Equal(Executable, File.GetUnixFileMode(Path.Combine(disk.Path, "copy")));
    }

    [Fact]
    public async Task Link_NameTaken_Throws()
    {
        var digest = await _store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 4), Token);
        await File.WriteAllTextAsync(_folder.File("taken"), "mine", Token);

        await Assert.ThrowsAnyAsync<IOException>(async () => await _store.Blobs.TryLinkAsync(digest, false, _folder.File("taken"), Token));
        Assert.Equal("mine", await File.ReadAllTextAsync(_folder.File("taken"), Token));
    }

    [Theory]
    [InlineData(false, 1000)]
    [InlineData(true, 1000)]
    [InlineData(false, 2_000_000)]
    public async Task Link_DamagedBlob_IsFalseAndTheBlobIsGone(bool executable, int size)
    {
        var digest = await _store.Blobs.PutBytesAsync(TestContent.Of(size, seed: 5), Token);
        await _store.DisposeAsync();
        File.SetUnixFileMode(_store.FileOf(digest), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(_store.FileOf(digest), new byte[size], Token);
        _store = new DiskStore(_folder.File("store"));

        Assert.False(await _store.Blobs.TryLinkAsync(digest, executable, _folder.File("bad"), Token));
        Assert.Equal([digest], await _store.Blobs.FindMissingAsync([digest], Token));
    }

    [Fact]
    public async Task Link_DamagedTwinOfAWholeBlob_IsMadeAnew()
    {
        var content = TestContent.Of(1000, seed: 6);
        var digest = await _store.Blobs.PutBytesAsync(content, Token);
        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("first"), Token));
        File.Delete(_folder.File("first"));
        await _store.DisposeAsync();
        File.SetUnixFileMode(_store.FileOf(digest, executable: true), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(_store.FileOf(digest, executable: true), new byte[1000], Token);
        _store = new DiskStore(_folder.File("store"));

        Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("second"), Token));
        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("second"), Token));
    }

    [Fact]
    public async Task EveryFunction_AfterARestart_HasItsBlobsAndNoOthers()
    {
        var content = TestContent.Of(5000, seed: 3);
        var digests = DigestFunction.All.Select(function => Digest.OfBytes(content, function)).ToList();
        foreach (var function in DigestFunction.All)
        {
            await _store.Blobs.PutBytesAsync(content, function, Token);
        }

        await _store.DisposeAsync();
        _store = new DiskStore(_folder.File("store"));

        Assert.Empty(await _store.Blobs.FindMissingAsync([.. digests, .. DigestFunction.All.Select(static function => function.EmptyBlob)], Token));
        Assert.Equal(0, _store.Blobs.FilesExamined);
        foreach (var digest in digests)
        {
            Assert.Equal(content, await _store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
            Assert.Equal(digest, _store.Blobs.FindByHash(Digest.Parse(digest.HashHex, 0, digest.Function)));
            Assert.True(await _store.Blobs.TryLinkAsync(digest, executable: true, _folder.File($"{digest.Function.Name}-x"), Token));
            Assert.True(await _store.Blobs.TryLinkAsync(digest.Function.EmptyBlob, executable: false, _folder.File($"{digest.Function.Name}-empty"), Token));
        }

        using var file = File.OpenHandle(_folder.File("sha512-x"));
        Assert.Equal(digests, await Task.WhenAll(DigestFunction.All.Select(async function => await _store.Blobs.AddFileAsync(file, function, Token))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData(5_000_000)]
    public async Task AddFile_AnySize_StoresItsContent(int size)
    {
        var content = TestContent.Of(size, seed: 7);
        await File.WriteAllBytesAsync(_folder.File("output"), content, Token);
        using var file = File.OpenHandle(_folder.File("output"));

        var digest = await _store.Blobs.AddFileAsync(file, DigestFunction.Sha256, Token);

        Assert.Equal(Digest.OfBytes(content), digest);
        Assert.Equal(content, await _store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.File("store/tmp")));
    }
}
