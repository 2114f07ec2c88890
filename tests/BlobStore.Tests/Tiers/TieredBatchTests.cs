using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Tiers;

/// <summary>Many small blobs at once, through a near tier and a far one behind its guard.</summary>
public sealed class TieredBatchTests : IAsyncDisposable
{
    private readonly MemoryBlobStore _near = new(1 << 20);
    private readonly FailingStore _far = new(new MemoryBlobStore(64 << 20));
    private readonly TieredBlobStore _store;
    private readonly BlobContent[] _blobs =
        [.. Enumerable.Range(0, 100).Select(static i => TestContent.Of(100, seed: i)).Select(static content => new BlobContent(Digest.OfBytes(content), content))];

    public TieredBatchTests() => _store = new TieredBlobStore(
        _near, new GuardedBlobStore(_far, "far", TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<GuardedBlobStore>.Instance),
        TierWrites.Through, 1000, TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<TieredBlobStore>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private List<Digest> Digests => [.. _blobs.Select(static blob => blob.Digest)];

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Put_Blobs_AreFarInOneStepAndNear()
    {
        Assert.All(await _store.PutManyAsync(_blobs, Token), Assert.Null);

        Assert.Equal(1, _far.Batches);
        Assert.Empty(await _near.FindMissingAsync(Digests, Token));
        Assert.Empty(await _far.FindMissingAsync(Digests, Token));
    }

    [Fact]
    public async Task Put_FarDown_IsUnavailableAndNothingIsSeenNear()
    {
        _far.IsDown = true;

        Assert.All(await _store.PutManyAsync(_blobs, Token), static refusal => Assert.IsType<BlobStoreUnavailableException>(refusal));

        Assert.Equal(_blobs.Length, (await _near.FindMissingAsync(Digests, Token)).Count);
    }

    [Fact]
    public async Task Put_NearFull_IsNoRefusal()
    {
        var large = TestContent.Of(2_000_000, seed: 1000);

        Assert.All(await _store.PutManyAsync([new BlobContent(Digest.OfBytes(large), large)], Token), Assert.Null);
    }

    [Fact]
    public async Task Get_FarBlobs_ComeInOneStepAndAreNearAfterwards()
    {
        Assert.All(await _far.PutManyAsync(_blobs, Token), Assert.Null);

        Assert.All(await _store.GetManyAsync(Digests, Token), static answer => Assert.NotNull(answer.Content));
        Assert.All(await _store.GetManyAsync(Digests, Token), static answer => Assert.NotNull(answer.Content));

        Assert.Equal(2, _far.Batches);
        Assert.Empty(await _near.FindMissingAsync(Digests, Token));
    }

    [Fact]
    public async Task Get_FarDown_GivesWhatIsNearAndTheRestIsUnavailable()
    {
        Assert.All(await _store.PutManyAsync(_blobs[..50], Token), Assert.Null);
        _far.IsDown = true;

        var answers = await _store.GetManyAsync(Digests, Token);

        Assert.All(answers[..50], static answer => Assert.NotNull(answer.Content));
        Assert.All(answers[50..], static answer => Assert.IsType<BlobStoreUnavailableException>(answer.Failure));
    }
}
