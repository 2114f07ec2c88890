using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Decorators;

/// <summary>What a worker stores goes to the cache: how often it is called, and what one blob's fate is to the others.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int Many = 1000;

    private readonly TempFolder _folder = new();
    private readonly Far _far = new(new MemoryBlobStore(64 << 20));
    private DiskStore _local = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _local = new DiskStore(_folder.File("store"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _local.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_ManySmallOnesAtOnce_GoInFewCalls()
    {
        var store = new ReadThroughBlobStore(_local.Blobs, _far);
        var first = AddAsync(store, "first");
        await _far.Searched;

        // While the first is on its way all others gather.
        var others = Enumerable.Range(0, Many).Select(i => AddAsync(store, $"file {i}")).ToList();
        await AreHereAsync(Many);
        _far.LetGo();
        await Task.WhenAll([first, .. others]);

        Assert.Empty(await _far.FindMissingAsync([.. Enumerable.Range(0, Many).Select(i => DigestOf($"file {i}"))], Token));
        // A few had not yet asked when the first was let go; each of the calls has hundreds.
        Assert.InRange(_far.Batches, 2, 10);
        Assert.Equal(1, _far.Created);
    }

    [Fact]
    public async Task File_ThatIsLarge_HoldsUpNoSmallOne()
    {
        _far.LetGo();
        var store = new ReadThroughBlobStore(_local.Blobs, _far);
        var large = AddAsync(store, new string('l', 1 << 20));
        await _far.LargeBegun;

        await AddAsync(store, "small");
        await Task.WhenAll(AddAsync(store, "two"), AddAsync(store, "three"));

        Assert.False(large.IsCompleted);
        _far.LetLargeGo();
        Assert.True(await _far.ContainsAsync(await large, Token));
    }

    [Fact]
    public async Task File_ThatTheCacheRefuses_IsRefusedAlone()
    {
        _far.Refused = DigestOf("refused");
        var store = new ReadThroughBlobStore(_local.Blobs, _far);
        var all = new[] { "first", "a", "refused", "b" }.Select(text => AddAsync(store, text)).ToList();
        _far.LetGo();

        await Assert.ThrowsAsync<BlobStoreFullException>(() => all[2]);

        await Task.WhenAll(all[0], all[1], all[3]);
    }

    [Fact]
    public async Task Files_WhenTheCacheIsAwayForABatch_AreSentAgain()
    {
        _far.AwayFor = 2;
        var store = new ReadThroughBlobStore(_local.Blobs, _far, new RemoteOutage(TimeSpan.FromMinutes(5), TimeProvider.System, NullLogger<RemoteOutage>.Instance));
        var all = Enumerable.Range(0, 100).Select(i => AddAsync(store, $"file {i}")).ToList();
        await AreHereAsync(100);
        _far.LetGo();

        var digests = await Task.WhenAll(all);

        Assert.Empty(await _far.FindMissingAsync(digests, Token));
        Assert.Equal(0, _far.AwayFor);
    }

    [Fact]
    public async Task File_WhoseCallerGivesUp_GoesOnAlone()
    {
        var store = new ReadThroughBlobStore(_local.Blobs, _far);
        using var stop = new CancellationTokenSource();
        var given = AddAsync(store, "given up", stop.Token);
        await _far.Searched;

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        _far.LetGo();
        await Eventually.IsTrueAsync(async token => await _far.ContainsAsync(DigestOf("given up"), token), Token);
    }

    [Fact]
    public async Task Files_WhenTheSearchFails_FailWithItsReasonAndTheNextGoesOn()
    {
        _far.SearchFails = true;
        _far.LetGo();
        var store = new ReadThroughBlobStore(_local.Blobs, _far);

        var refused = await Assert.ThrowsAsync<RpcException>(() => AddAsync(store, "one"));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        _far.SearchFails = false;
        Assert.True(await _far.ContainsAsync(await AddAsync(store, "two"), Token));
    }

    /// <summary>Waits until the worker's own store has so many files, which ask the cache next.</summary>
    private Task AreHereAsync(int files) => Eventually.IsTrueAsync(
        async token => (await _local.Blobs.FindMissingAsync([.. Enumerable.Range(0, files).Select(static i => DigestOf($"file {i}"))], token)).Count == 0, Token);

    private static Digest DigestOf(string text) => Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes(text));

    private async Task<Digest> AddAsync(ReadThroughBlobStore store, string text, CancellationToken? cancellationToken = null)
    {
        var path = _folder.File(Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, text, Token);
        using var file = File.OpenHandle(path);
        return await store.AddFileAsync(file, DigestFunction.Sha256, cancellationToken ?? Token);
    }

    /// <summary>A cache that stops where a test says so.</summary>
    private sealed class Far(IBlobStore inner) : IBatchBlobStore
    {
        private readonly TaskCompletionSource _searched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _largeBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _largeGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _batches;
        private int _created;

        public Task Searched => _searched.Task;

        public Task LargeBegun => _largeBegun.Task;

        public int Batches => _batches;

        public int Created => _created;

        public Digest? Refused { get; set; }

        public int AwayFor { get; set; }

        public bool SearchFails { get; set; }

        public void LetGo() => _go.TrySetResult();

        public void LetLargeGo() => _largeGo.TrySetResult();

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => inner.OpenAsync(digest, cancellationToken);

        public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _created);
            if (digest.SizeBytes > 100_000)
            {
                _largeBegun.TrySetResult();
                await _largeGo.Task;
            }

            return digest == Refused ? throw new BlobStoreFullException("no room") : await inner.CreateAsync(digest, cancellationToken);
        }

        public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
        {
            _searched.TrySetResult();
            await _go.Task.WaitAsync(cancellationToken);
            return SearchFails ? throw new RpcException(new Status(StatusCode.PermissionDenied, "no")) : await inner.FindMissingAsync(digests, cancellationToken);
        }

        public async ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _batches);
            if (AwayFor > 0)
            {
                AwayFor--;
                return [.. blobs.Select(static _ => new BlobStoreUnavailableException("The cache restarts. Try again later."))];
            }

            var answers = await inner.PutManyAsync(blobs, cancellationToken);
            for (var i = 0; i < answers.Length; i++)
            {
                answers[i] = blobs[i].Digest == Refused ? new BlobStoreFullException("no room") : answers[i];
            }

            return answers;
        }

        public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken) => inner.GetManyAsync(digests, cancellationToken);
    }
}
