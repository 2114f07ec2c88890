using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// Blobs for a whole tree from a store far away: several at a time, and small ones many in one call, because a round trip each is what would be waited for.
/// </summary>
/// <param name="near">Gets them.</param>
/// <param name="fetch">Brings one. What does not come is found missing, or its error told, at its use.</param>
/// <param name="fetchMany">Brings many in one call.</param>
internal sealed class ParallelFetch(
    IBlobStore near, Func<Digest, CancellationToken, Task> fetch, Func<IReadOnlyList<Digest>, CancellationToken, Task> fetchMany)
{
    private const int AtOnce = 16;

    /// <summary>Fetches what the nearer store lacks.</summary>
    public async Task RunAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var absent = await near.FindMissingAsync(digests, cancellationToken);
        await SmallBlobs.InBatchesAsync(absent.Where(SmallBlobs.IsSmall), async (batch, stop) => await fetchMany(batch, stop), cancellationToken);
        await Parallel.ForEachAsync(
            absent.Where(static digest => !SmallBlobs.IsSmall(digest)),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (digest, stop) => await fetch(digest, stop));
    }
}
