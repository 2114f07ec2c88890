using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Memory;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>The tiers of one process, made from their options and put one in front of the other.</summary>
internal sealed class TierStack : IAsyncDisposable
{
    // A cache holds what was asked for in the last ten minutes, and jobs ask for what they count on every three.
    private static readonly TimeSpan RenewEvery = TimeSpan.FromMinutes(3);

    // A bucket holds it for days, and each question is a request.
    private static readonly TimeSpan RenewInS3Every = TimeSpan.FromHours(1);

    private readonly Stack<object> _owned = [];

    private TierStack(IOwnedBlobStore blobs, IActionTier actions) => (Blobs, Actions) = (blobs, actions);

    /// <summary>The blobs of all tiers.</summary>
    public IOwnedBlobStore Blobs { get; private set; }

    /// <summary>The results of all tiers.</summary>
    public IActionTier Actions { get; private set; }

    /// <param name="tiers">Checked.</param>
    /// <param name="disk">The blobs of the process's folder, whether a tier or not.</param>
    /// <param name="results">The results of the process's folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For the tiers.</param>
    public static TierStack Build(
        IReadOnlyList<TierOptions> tiers, IOwnedBlobStore disk, IActionTier results, TimeProvider time, ILoggerFactory loggers)
    {
        var stack = new TierStack(disk, results);
        if (tiers is not ([] or [{ Kind: TierKind.Disk }]))
        {
            stack.Pile(tiers, disk, results, time, loggers);
        }

        return stack;
    }

    /// <summary>Ends what runs behind, then the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            if (owned is IAsyncDisposable later)
            {
                await later.DisposeAsync();
            }
            else
            {
                ((IDisposable)owned).Dispose();
            }
        }
    }

    // From the farthest to the nearest, so that each is put in front of all that is behind it.
    private void Pile(IReadOnlyList<TierOptions> tiers, IOwnedBlobStore disk, IActionTier results, TimeProvider time, ILoggerFactory loggers)
    {
        var openers = new FarTiers(_owned, time, loggers);
        _owned.Push(openers);
        IBlobStore? blobs = null;
        IActionTier? actions = null;
        TieredBlobStore? belowDisk = null;
        var writes = TierWrites.Through;
        var renewEvery = RenewEvery;
        foreach (var tier in tiers.Reverse())
        {
            var (store, cache) = tier.Kind switch
            {
                TierKind.Memory => (new MemoryBlobStore(tier.MaxBytes), null),
                TierKind.Disk => (disk, results),
                _ => openers.Open(tier),
            };
            var isDisk = tier.Kind == TierKind.Disk;
            var front = blobs is null ? null : Front(store, blobs, writes, tier.Kind == TierKind.Memory ? tier.LargestBlobBytes : long.MaxValue);
            belowDisk = isDisk ? front : belowDisk;
            blobs = front ?? store;
            actions = actions is null ? cache : cache is null ? actions : new TieredActionCache(cache, actions, writes, loggers.CreateLogger<TieredActionCache>());
            (writes, renewEvery) = (tier.Writes, tier.Kind == TierKind.S3 ? RenewInS3Every : RenewEvery);
        }

        // Without a disk among the tiers its folder is where content waits for its upload.
        var hasDisk = tiers.Any(tier => tier.Kind == TierKind.Disk);
        Actions = actions ?? results;
        Blobs = new TieredFiles(blobs!, disk, hasDisk ? belowDisk : Front(disk, blobs!, TierWrites.Through, long.MaxValue));

        TieredBlobStore Front(IBlobStore near, IBlobStore far, TierWrites how, long largest)
        {
            var front = new TieredBlobStore(near, far, how, largest, renewEvery, time, loggers.CreateLogger<TieredBlobStore>());
            _owned.Push(front);
            return front;
        }
    }
}
