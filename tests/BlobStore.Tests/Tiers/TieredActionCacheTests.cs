using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Tests.Tiers;

public sealed class TieredActionCacheTests : IAsyncLifetime
{
    private static readonly ActionKey Key = new("", "environment", Digest.OfBytes("action"u8));
    private static readonly ActionEntry Old = new(new ActionResult(), EntryKind.Asserted, "client", DateTimeOffset.UnixEpoch);
    private static readonly ActionEntry Deletion = Old with { Producer = "who deleted" };

    private readonly TempFolder _folder = new();
    private readonly FarResults _far = new();
    private StoreDirectory _directory = null!;
    private DiskActionCache _near = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _directory = StoreDirectory.Open(_folder.Path);
        _near = DiskActionCache.Open(_directory, new DiskActionCacheOptions(), TimeProvider.System, NullLogger<DiskActionCache>.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_ReplacedBetweenTheFarReadAndItsCopy_StaysReplaced()
    {
        var cache = Over(TierWrites.Through);
        _far.Entry = Old;
        _far.BeforeAnswer = () => cache.PutAsync(Key, Deletion, Token);

        Assert.Equal(Old, await cache.GetAsync(Key, Token));

        Assert.Equal(Deletion, await cache.GetAsync(Key, Token));
        Assert.Equal(Deletion, _far.Entry);
    }

    [Fact]
    public async Task Get_OfTheFarOneAlone_IsKeptNear()
    {
        _far.Entry = Old;

        Assert.Equal(Old, await Over(TierWrites.Through).GetAsync(Key, Token));

        Assert.Equal(Old, await _near.GetAsync(Key, Token));
    }

    [Theory]
    [InlineData(TierWrites.Through, false)]
    [InlineData(TierWrites.Behind, false)]
    [InlineData(TierWrites.Never, true)]
    public async Task Fill_WhereTheFarOneHasAnEntry_KeepsNothingNearUnlessThatIsNotWrittenTo(TierWrites writes, bool kept)
    {
        _far.Entry = Deletion;

        Assert.Equal(kept, await Over(writes).FillAsync(Key, Old, Token));

        Assert.Equal(Deletion, _far.Entry);
        Assert.Equal(kept, await _near.GetAsync(Key, Token) is not null);
    }

    private TieredActionCache Over(TierWrites writes) => new(_near, _far, writes, NullLogger<TieredActionCache>.Instance);

    private sealed class FarResults : IActionTier
    {
        public ActionEntry? Entry { get; set; }

        /// <summary>Happens once, after an entry was read and before the answer arrives.</summary>
        public Func<ValueTask>? BeforeAnswer { get; set; }

        public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
        {
            var entry = Entry;
            if (BeforeAnswer is { } happens)
            {
                BeforeAnswer = null;
                await happens();
            }

            return entry;
        }

        public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
        {
            Entry = entry;
            return ValueTask.CompletedTask;
        }

        public ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
        {
            var isFirst = Entry is null;
            Entry ??= entry;
            return ValueTask.FromResult(isFirst);
        }
    }
}
