using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Decorators;

public sealed class DecoratorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task Verifying_StoreThatLies_IsFoundOutBeforeTheLastByte(int size)
    {
        var digest = Digest.OfBytes(TestContent.Of(size, seed: 1));
        var store = new VerifyingBlobStore(new Liar(TestContent.Of(size, seed: 2)), "a liar");

        await Assert.ThrowsAsync<CorruptBlobException>(async () => await store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task GetMany_StoreThatLies_IsCorruptAndNoContent()
    {
        var store = new VerifyingBlobStore(new Liar(TestContent.Of(100, seed: 1)), "the cache");

        var answers = await store.GetManyAsync([Digest.OfBytes(TestContent.Of(100, seed: 2)), Digest.OfBytes(TestContent.Of(100, seed: 1))], TestContext.Current.CancellationToken);

        Assert.IsType<CorruptBlobException>(answers[0].Failure);
        Assert.Null(answers[0].Content);
        Assert.Equal(TestContent.Of(100, seed: 1), answers[1].Content!.Value.ToArray());
    }

    [Fact]
    public async Task Verifying_ReadFromTheMiddleOfALie_GivesNothing()
    {
        var digest = Digest.OfBytes(TestContent.Of(1_000_000, seed: 1));
        await using var reader = (await new VerifyingBlobStore(new Liar(TestContent.Of(1_000_000, seed: 2)), "a liar").OpenAsync(digest, Token))!;

        await Assert.ThrowsAsync<CorruptBlobException>(async () => await reader.ReadAsync(500_000, new byte[10], Token));
        await Assert.ThrowsAsync<CorruptBlobException>(async () => await reader.ReadAsync(600_000, new byte[10], Token));
    }

    [Fact]
    public async Task Verifying_StoreThatGivesLess_IsFoundOut()
    {
        var store = new VerifyingBlobStore(new Liar(new byte[10]), "a liar");

        await Assert.ThrowsAsync<CorruptBlobException>(async () => await store.OpenAsync(Digest.OfBytes(new byte[11]), Token));
    }

    [Fact]
    public async Task ReadThrough_ManyReadersOfARemoteBlob_FetchItOnce()
    {
        await using var local = new DiskStore(_folder.Path);
        var remote = new Counting(new MemoryBlobStore(64 << 20));
        var content = TestContent.Of(1_000_000, seed: 3);
        var digest = await remote.PutBytesAsync(content, Token);
        var store = new ReadThroughBlobStore(local.Blobs, remote);

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await store.ReadAllBytesAsync(digest, cancellationToken: Token))));

        Assert.All(all, read => Assert.Equal(content, read));
        Assert.Equal(1, remote.Opened);
    }

    [Fact]
    public async Task ReadThrough_LinkOfARemoteBlob_IsItsFile()
    {
        await using var local = new DiskStore(_folder.File("store"));
        var remote = new MemoryBlobStore(64 << 20);
        var content = TestContent.Of(1000, seed: 4);
        var digest = await remote.PutBytesAsync(content, Token);
        var store = new ReadThroughBlobStore(local.Blobs, remote);

        Assert.True(await store.TryLinkAsync(digest, executable: true, _folder.File("tool"), Token));
        Assert.False(await store.TryLinkAsync(Digest.OfBytes("nowhere"u8), executable: true, _folder.File("none"), Token));

        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("tool"), Token));
    }

    [Fact]
    public async Task ReadThrough_FetchOfManyRemoteBlobs_AsksForSeveralAtATime()
    {
        const int Several = 8;
        await using var local = new DiskStore(_folder.Path);
        var remote = new Counting(new MemoryBlobStore(64 << 20)) { Together = Several };
        var digests = new List<Digest>();
        for (var i = 0; i < 2 * Several; i++)
        {
            digests.Add(await remote.PutBytesAsync(TestContent.Of(100_000, seed: 100 + i), Token));
        }

        Assert.Empty(await new ReadThroughBlobStore(local.Blobs, remote).FetchAsync(digests, Token));

        Assert.Empty(await local.Blobs.FindMissingAsync(digests, Token));
        Assert.Equal(digests.Count, remote.Opened);
    }

    [Fact]
    public async Task ReadThrough_FetchOfManySmallBlobs_AsksForManyInACall()
    {
        await using var local = new DiskStore(_folder.Path);
        var remote = new Batching(new MemoryBlobStore(64 << 20));
        var digests = new List<Digest>();
        for (var i = 0; i < 1000; i++)
        {
            digests.Add(await remote.PutBytesAsync(TestContent.Of(1000, seed: 100 + i), Token));
        }

        Assert.Empty(await new ReadThroughBlobStore(local.Blobs, remote).FetchAsync(digests, Token));

        Assert.Empty(await local.Blobs.FindMissingAsync(digests, Token));
        Assert.Equal((2, 0), (remote.Calls, remote.Opened));
    }

    [Fact]
    public async Task ReadThrough_FetchWithOneThatNobodyHas_NamesItAndBringsNone()
    {
        await using var local = new DiskStore(_folder.Path);
        var remote = new Counting(new MemoryBlobStore(64 << 20));
        var digest = await remote.PutBytesAsync(TestContent.Of(10_000, seed: 5), Token);
        var nowhere = Digest.OfBytes("nowhere"u8);

        Assert.Equal([nowhere], await new ReadThroughBlobStore(local.Blobs, remote).FetchAsync([digest, nowhere], Token));

        Assert.Equal(0, remote.Opened);
    }

    [Fact]
    public async Task ReadThrough_OutputFile_IsInBothStores()
    {
        await using var local = new DiskStore(_folder.File("store"));
        var remote = new MemoryBlobStore(64 << 20);
        var store = new ReadThroughBlobStore(local.Blobs, remote);
        await File.WriteAllTextAsync(_folder.File("output"), "made here", Token);
        using var file = File.OpenHandle(_folder.File("output"));

        var digest = await store.AddFileAsync(file, DigestFunction.Sha256, Token);

        Assert.True(await remote.ContainsAsync(digest, Token));
        Assert.True(await local.Blobs.ContainsAsync(digest, Token));
    }

    [Fact]
    public async Task ReadThrough_LocalStoreTooSmall_ReadsFromTheRemote()
    {
        await using var local = new DiskStore(_folder.Path, new DiskBlobStoreOptions { MaxBytes = 4096 });
        var remote = new MemoryBlobStore(64 << 20);
        var content = TestContent.Of(100_000, seed: 5);
        var digest = await remote.PutBytesAsync(content, Token);

        Assert.Equal(content, await new ReadThroughBlobStore(local.Blobs, remote).ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Memory_BeyondTheLimit_ForgetsTheLeastRecentlyUsed()
    {
        var store = new MemoryBlobStore(3000);
        var first = await store.PutBytesAsync(TestContent.Of(1000, seed: 6), Token);
        var second = await store.PutBytesAsync(TestContent.Of(1000, seed: 7), Token);
        await store.PutBytesAsync(TestContent.Of(1000, seed: 8), Token);
        Assert.True(await store.ContainsAsync(first, Token));

        await store.PutBytesAsync(TestContent.Of(1000, seed: 9), Token);

        Assert.Equal([second], await store.FindMissingAsync([first, second], Token));
        Assert.Equal(3000, store.UsedBytes);
        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.PutBytesAsync(new byte[3001], Token));
    }

    private sealed class Liar(byte[] content) : IBlobStore
    {
        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) =>
            ValueTask.FromResult<BlobReader?>(new Reader(content));

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<Digest>>([]);

        private sealed class Reader(byte[] content) : BlobReader
        {
            public override long Length => content.Length;

            public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
            {
                var count = (int)Math.Min(buffer.Length, content.Length - offset);
                content.AsSpan((int)offset, count).CopyTo(buffer.Span);
                return ValueTask.FromResult(count);
            }

            public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class Batching(IBlobStore inner) : IBatchBlobStore
    {
        private int _calls;
        private int _opened;

        public int Calls => _calls;

        public int Opened => _opened;

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _opened);
            return inner.OpenAsync(digest, cancellationToken);
        }

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) => inner.FindMissingAsync(digests, cancellationToken);

        public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken) => inner.PutManyAsync(blobs, cancellationToken);

        public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return inner.GetManyAsync(digests, cancellationToken);
        }
    }

    private sealed class Counting(IBlobStore inner) : IBlobStore
    {
        private readonly TaskCompletionSource _together = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _opened;

        public int Opened => _opened;

        /// <summary>Nobody gets a blob before so many have asked.</summary>
        public int Together { get; init; }

        public int Asked { get; private set; }

        public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _opened) >= Together)
            {
                _together.TrySetResult();
            }

            await _together.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, cancellationToken);
            return await inner.OpenAsync(digest, cancellationToken);
        }

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
        {
            Asked += digests.Count;
            return inner.FindMissingAsync(digests, cancellationToken);
        }
    }
}
