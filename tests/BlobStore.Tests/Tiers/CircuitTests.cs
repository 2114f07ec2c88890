using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Tiers;

public sealed class CircuitTests
{
    private static readonly Digest Any = Digest.OfBytes("any"u8);

    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guarded_StoreThatIsDown_IsAskedRarelyAndThenAgain()
    {
        var inner = new FailingStore(new MemoryBlobStore(1 << 20)) { IsDown = true };
        var store = new GuardedBlobStore(inner, "the far store", TimeSpan.FromMinutes(1), _time, NullLogger<GuardedBlobStore>.Instance);
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.OpenAsync(Any, Token));
        inner.IsDown = false;

        Assert.True(store.IsDown);
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.OpenAsync(Any, Token));
        Assert.Equal(0, inner.Opened);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await store.OpenAsync(Any, Token));
        Assert.False(store.IsDown);
    }

    [Fact]
    public void Circuit_FailureAfterFailure_IsLeftAloneForLongerUpToTenSeconds()
    {
        var circuit = new Circuit(_time);
        var pauses = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            circuit.Failed(new BlobStoreUnavailableException("down"));
            var seconds = 0;
            while (circuit.Failure is not null)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                seconds++;
            }

            pauses.Add(seconds);
        }

        Assert.Equal([1, 2, 4, 8, 10, 10], pauses);
        Assert.True(circuit.Succeeded());
        Assert.False(circuit.Succeeded());
    }

    [Fact]
    public async Task Guarded_StoreThatNeverAnswers_EndsWithinItsTime()
    {
        var store = new GuardedBlobStore(new Silent(), "the far store", TimeSpan.FromMilliseconds(200), TimeProvider.System, NullLogger<GuardedBlobStore>.Instance);

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.FindMissingAsync([Any], Token));

        Assert.Equal("the far store did not answer within 0.2 s; could not look for 1 blobs. Try again later.", failure.Message);
    }

    [Fact]
    public async Task Guarded_CallerThatGoesAway_IsNoFailureOfTheStore()
    {
        var store = new GuardedBlobStore(new Silent(), "the far store", TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<GuardedBlobStore>.Instance);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asked = store.FindMissingAsync([Any], gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await asked);
        Assert.False(store.IsDown);
    }

    private sealed class Silent : IBlobStore
    {
        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return [];
        }
    }
}
