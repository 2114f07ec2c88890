using BuildFarm.Digests;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Conformance;

/// <summary>What holds for every <see cref="IBlobStore"/>; each implementation has a subclass that makes one.</summary>
public abstract class BlobStoreConformance : IAsyncLifetime
{
    private const int LargeBytes = 3 * 1024 * 1024 + 17;

    protected IBlobStore Store { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Store = await CreateStoreAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected abstract ValueTask<IBlobStore> CreateStoreAsync();

    [Fact]
    public async Task Open_UnknownBlob_IsNull()
    {
        Assert.Null(await Store.OpenAsync(Digest.OfBytes("never written"u8), Token));
    }

    [Fact]
    public async Task Open_EmptyBlob_IsAlwaysThere()
    {
        await using var reader = await Store.OpenAsync(Digest.Empty, Token);

        Assert.NotNull(reader);
        Assert.Equal(0, reader.Length);
        Assert.Equal(0, await reader.ReadAsync(0, new byte[8], Token));
        Assert.Empty(await Store.FindMissingAsync([Digest.Empty], Token));
    }

    [Fact]
    public async Task Create_EmptyBlob_Commits()
    {
        await using var writer = await Store.CreateAsync(Digest.Empty, Token);

        await writer.CommitAsync(Token);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(300_000)]
    [InlineData(LargeBytes)]
    public async Task Write_ThenRead_GivesTheSameBytes(int size)
    {
        var content = TestContent.Of(size, seed: size);
        var digest = Digest.OfBytes(content);

        await WriteInPartsAsync(digest, content);

        Assert.Equal(content, await Store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Write_BeforeCommit_IsNotVisible()
    {
        var content = TestContent.Of(500_000, seed: 1);
        var digest = Digest.OfBytes(content);

        await using (var writer = await Store.CreateAsync(digest, Token))
        {
            await writer.WriteAsync(content, Token);
            Assert.Equal(content.Length, writer.Written);
        }

        Assert.Null(await Store.OpenAsync(digest, Token));
        Assert.Equal([digest], await Store.FindMissingAsync([digest], Token));
    }

    [Fact]
    public async Task Commit_WrongBytes_ThrowsAndStoresNothing()
    {
        var digest = Digest.OfBytes(TestContent.Of(1000, seed: 2));
        await using var writer = await Store.CreateAsync(digest, Token);

        await Assert.ThrowsAsync<DigestMismatchException>(async () =>
        {
            await writer.WriteAsync(TestContent.Of(1000, seed: 3), Token);
            await writer.CommitAsync(Token);
        });

        Assert.Null(await Store.OpenAsync(digest, Token));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task Commit_WrongSize_ThrowsAndStoresNothing(int written)
    {
        var digest = Digest.OfBytes(TestContent.Of(1000, seed: 4));
        await using var writer = await Store.CreateAsync(digest, Token);

        await Assert.ThrowsAsync<DigestMismatchException>(async () =>
        {
            await writer.WriteAsync(TestContent.Of(written, seed: 4), Token);
            await writer.CommitAsync(Token);
        });

        Assert.Null(await Store.OpenAsync(digest, Token));
    }

    [Fact]
    public async Task Open_RightHashWithWrongSize_IsNullAndHarmsNothing()
    {
        var content = TestContent.Of(1000, seed: 5);
        var digest = await Store.PutBytesAsync(content, Token);
        var lie = Digest.Parse(digest.HashHex, 1001);

        Assert.Null(await Store.OpenAsync(lie, Token));
        Assert.Equal([lie], await Store.FindMissingAsync([lie], Token));
        Assert.Equal(content, await Store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Write_BlobAlreadyPresent_IsAccepted()
    {
        var content = TestContent.Of(LargeBytes, seed: 6);
        var digest = Digest.OfBytes(content);

        await WriteInPartsAsync(digest, content);
        await WriteInPartsAsync(digest, content);

        Assert.Equal(content, await Store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Write_ManyWritersOfOneBlob_AllSucceed()
    {
        var content = TestContent.Of(400_000, seed: 7);
        var digest = Digest.OfBytes(content);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => WriteInPartsAsync(digest, content))));

        Assert.Equal(content, await Store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task FindMissing_SomePresent_NamesTheOthers()
    {
        var present = await Store.PutBytesAsync("present"u8.ToArray(), Token);
        var absent = Digest.OfBytes("absent"u8);

        Assert.Equal([absent], await Store.FindMissingAsync([present, absent, Digest.Empty], Token));
        Assert.Empty(await Store.FindMissingAsync([], Token));
    }

    [Fact]
    public async Task Read_AtOffsets_GivesThoseBytes()
    {
        var content = TestContent.Of(LargeBytes, seed: 8);
        var digest = await Store.PutBytesAsync(content, Token);
        await using var reader = (await Store.OpenAsync(digest, Token))!;
        var buffer = new byte[100];

        foreach (var offset in (int[])[LargeBytes - 100, 0, 1_000_000, 1_000_100, 5])
        {
            var read = await reader.ReadAsync(offset, buffer, Token);
            Assert.InRange(read, 1, 100);
            Assert.Equal(content.AsSpan(offset, read), buffer.AsSpan(0, read));
        }

        Assert.Equal(0, await reader.ReadAsync(LargeBytes, buffer, Token));
        Assert.Equal(0, await reader.ReadAsync(LargeBytes + 1000L, buffer, Token));
    }

    [Fact]
    public async Task Read_ManyAtOnce_EachGetsItsBytes()
    {
        var content = TestContent.Of(LargeBytes, seed: 9);
        var digest = await Store.PutBytesAsync(content, Token);
        await using var reader = (await Store.OpenAsync(digest, Token))!;

        await Parallel.ForAsync(0, 32, Token, async (i, token) =>
        {
            var buffer = new byte[1000];
            var read = await reader.ReadAsync(i * 50_000, buffer, token);
            Assert.True(content.AsSpan(i * 50_000, read).SequenceEqual(buffer.AsSpan(0, read)));
        });
    }

    [Fact]
    public async Task Message_PutAndGet_IsEqual()
    {
        var message = new StringValue { Value = "of some length" };

        var digest = await Store.PutMessageAsync(message, Token);

        Assert.Equal(message, await Store.GetMessageAsync<StringValue>(digest, cancellationToken: Token));
        Assert.Null(await Store.GetMessageAsync<StringValue>(Digest.OfBytes("other"u8), cancellationToken: Token));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await Store.GetMessageAsync<StringValue>(digest, limit: 5, Token));
    }

    [Fact]
    public async Task Message_BlobThatIsNone_ThrowsInvalidData()
    {
        var digest = await Store.PutBytesAsync(new byte[] { 0x0a, 0xff }, Token);

        await Assert.ThrowsAsync<InvalidDataException>(async () => await Store.GetMessageAsync<StringValue>(digest, cancellationToken: Token));
    }

    /// <summary>More than one message of a network takes, and each kind of blob that may be among the others.</summary>
    [Fact]
    public async Task Batch_GoodAndBadBlobs_EachIsStoredOrRefusedByItself()
    {
        var small = Enumerable.Range(0, 50).Select(i => TestContent.Of(100 + i, seed: 500 + i)).ToList();
        var large = Enumerable.Range(0, 3).Select(i => TestContent.Of(1_500_000 + i, seed: 600 + i)).Append(TestContent.Of(LargeBytes, seed: 603)).ToList();
        var good = small.Concat(large).Select(static content => new BlobContent(Digest.OfBytes(content), content))
            .Append(new BlobContent(Digest.OfBytes(small[0], DigestFunction.Sha512), small[0]))
            .Append(new BlobContent(Digest.Empty, default)).ToList();
        var (wrong, absent) = (Digest.OfBytes("right"u8), Digest.OfBytes("absent"u8));
        var tooLong = Digest.OfBytes("also right"u8);

        var refusals = await Store.PutManyAsync([new BlobContent(wrong, "wrong"u8.ToArray()), .. good, new BlobContent(tooLong, new byte[11])], Token);
        var answers = await Store.GetManyAsync([wrong, .. good.Select(static blob => blob.Digest), tooLong, absent], Token);

        Assert.IsType<DigestMismatchException>(refusals[0]);
        Assert.IsType<DigestMismatchException>(refusals[^1]);
        Assert.All(refusals[1..^1], Assert.Null);
        foreach (var answer in (BlobAnswer[])[answers[0], answers[^2], answers[^1]])
        {
            Assert.Equal(default, answer);
        }

        Assert.All(good.Zip(answers[1..]), static pair => Assert.True(pair.First.Bytes.Span.SequenceEqual(pair.Second.Content!.Value.Span)));
    }

    [Fact]
    public async Task Batch_OfNothing_IsNothing()
    {
        Assert.Empty(await Store.PutManyAsync([], Token));
        Assert.Empty(await Store.GetManyAsync([], Token));
    }

    private async Task WriteInPartsAsync(Digest digest, byte[] content)
    {
        await using var writer = await Store.CreateAsync(digest, Token);
        for (var offset = 0; offset < content.Length; offset += 200_000)
        {
            await writer.WriteAsync(content.AsMemory(offset, Math.Min(200_000, content.Length - offset)), Token);
        }

        await writer.CommitAsync(Token);
    }
}
