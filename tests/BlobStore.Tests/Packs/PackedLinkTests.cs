using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Packs;

/// <summary>Packed blobs as files of somebody else: inputs of tasks, executable or not.</summary>
public sealed class PackedLinkTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Link_PackedBlob_BecomesAFileAndLeavesThePack()
    {
        var content = TestContent.Of(1024, seed: 1);
        Digest digest;
        await using (var store = new PackedStore(_folder.Path))
        {
            digest = await store.Blobs.PutBytesAsync(content, Token);
            Assert.True(await store.Blobs.TryLinkAsync(digest, executable: false, _folder.File("input"), Token));
            Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("input"), Token));
            Assert.Equal(0, store.Blobs.Packs.Count);
            Assert.Empty(await store.Blobs.FindMissingAsync([digest], Token));
            Assert.Equal(digest, store.Blobs.FindByHash(digest));
        }

        await using var reopened = new PackedStore(_folder.Path);
        Assert.Equal(content, await reopened.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        await reopened.Blobs.PutBytesAsync(content, Token);
        Assert.Equal(0, reopened.Blobs.Packs.Count);
    }

    [Fact]
    public async Task Link_PackedBlobAsAnExecutable_IsOneFileAndStaysPacked()
    {
        var content = TestContent.Of(1024, seed: 1);
        await using var store = new PackedStore(_folder.Path);
        var digest = await store.Blobs.PutBytesAsync(content, Token);

        Assert.True(await store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("first"), Token));
        Assert.True(await store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("second"), Token));

        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("second"), Token));
        Assert.True(File.GetUnixFileMode(_folder.File("first")).HasFlag(UnixFileMode.OtherExecute));
        Assert.EndsWith("x", Assert.Single(store.Files), StringComparison.Ordinal);
        Assert.Equal(1, store.Blobs.Packs.Count);
        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal(digest, store.Blobs.FindByHash(digest));
        Assert.True(await store.Blobs.TryLinkAsync(digest, executable: false, _folder.File("third"), Token));
        Assert.False(File.GetUnixFileMode(_folder.File("third")).HasFlag(UnixFileMode.OtherExecute));
        Assert.Equal(0, store.Blobs.Packs.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Link_PackedBlobByManyAtOnce_GivesEachItsContent(bool executable)
    {
        var content = TestContent.Of(1024, seed: 1);
        await using var store = new PackedStore(_folder.Path);
        for (var round = 0; round < 50; round++)
        {
            content[0] = (byte)round;
            var digest = await store.Blobs.PutBytesAsync(content.ToArray(), Token);
            var links = Enumerable.Range(0, 8).Select(i => _folder.File($"{round}-{i}")).ToArray();

            var linked = await Task.WhenAll(links.Select(path => Task.Run(async () => await store.Blobs.TryLinkAsync(digest, executable, path, Token), Token)));

            Assert.DoesNotContain(false, linked);
            Assert.All(links, path => Assert.Equal(content, File.ReadAllBytes(path)));
        }
    }

    [Fact]
    public async Task Link_DamagedPackedBlob_IsAMissAndMakesNoFile()
    {
        var content = TestContent.Of(1024, seed: 1);
        await using var store = new PackedStore(_folder.Path);
        var digest = await store.Blobs.PutBytesAsync(content, Token);
        var (pack, offset) = PackedStore.Find(store.Packs, content);
        PackedStore.Damage(pack, offset + 100);

        Assert.False(await store.Blobs.TryLinkAsync(digest, executable: true, _folder.File("input"), Token));

        Assert.Empty(store.Files);
        Assert.False(File.Exists(_folder.File("input")));
    }
}
