using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Decorators;

/// <summary>A worker's store over a cache that goes away and comes back.</summary>
public sealed class RemoteOutageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HurriedTime _time = new();
    private readonly Leaving _cache = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cache_AwayForAWhile_UploadFetchAndSearchGoOn()
    {
        await using var local = new DiskStore(_folder.File("store"));
        var store = Over(local);
        var there = await _cache.PutBytesAsync(TestContent.Of(5000, seed: 1), Token);
        await File.WriteAllBytesAsync(_folder.File("output"), TestContent.Of(100_000, seed: 2), Token);
        using var output = File.OpenHandle(_folder.File("output"));

        _cache.Refusals = 4;
        var made = await store.AddFileAsync(output, DigestFunction.Sha256, Token);
        _cache.Refusals = 4;
        Assert.Equal(TestContent.Of(5000, seed: 1), await store.ReadAllBytesAsync(there, cancellationToken: Token));
        _cache.Refusals = 4;
        Assert.Empty(await store.FindMissingAsync([there, made], Token));

        Assert.Equal(0, _cache.Refusals);
        Assert.Equal(TestContent.Of(100_000, seed: 2), await _cache.ReadAllBytesAsync(made, cancellationToken: Token));
    }

    [Fact]
    public async Task Cache_AwayForTooLong_FailsAsTheCacheDid()
    {
        await using var local = new DiskStore(_folder.File("store"));
        _cache.Refusals = int.MaxValue;

        var error = await Assert.ThrowsAsync<RpcException>(async () => await Over(local).FindMissingAsync([Digest.OfBytes("a"u8)], Token));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.InRange(_time.Passed, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1.1));
    }

    [Fact]
    public async Task Cache_ThatRefuses_IsNotAskedAgain()
    {
        await using var local = new DiskStore(_folder.File("store"));
        (_cache.Refusals, _cache.Refusal) = (1, StatusCode.PermissionDenied);

        await Assert.ThrowsAsync<RpcException>(async () => await Over(local).FindMissingAsync([Digest.OfBytes("a"u8)], Token));

        Assert.Equal(TimeSpan.Zero, _time.Passed);
    }

    private ReadThroughBlobStore Over(DiskStore local) =>
        new(local.Blobs, _cache, new RemoteOutage(TimeSpan.FromMinutes(1), _time, NullLogger<RemoteOutage>.Instance));

    /// <summary>Does not answer some calls.</summary>
    private sealed class Leaving : IBlobStore
    {
        private readonly MemoryBlobStore _inner = new(64 << 20);

        public int Refusals { get; set; }

        public StatusCode Refusal { get; set; } = StatusCode.Unavailable;

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => Answer(() => _inner.OpenAsync(digest, cancellationToken));

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => Answer(() => _inner.CreateAsync(digest, cancellationToken));

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
            Answer(() => _inner.FindMissingAsync(digests, cancellationToken));

        private T Answer<T>(Func<T> call)
        {
            if (Refusals > 0)
            {
                Refusals--;
                throw new RpcException(new Status(Refusal, "away"));
            }

            return call();
        }
    }

    /// <summary>A clock on which every wait is over at once, and counts.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        private long _ticks;

        public TimeSpan Passed => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref _ticks, Math.Max(0, dueTime.Ticks));
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
