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
    private const int BatchesAtOnce = 4;
    private const int Small = 64 << 10;
    private const int BatchBytes = 1 << 20;
    private const int BatchBlobs = 500;

    /// <summary>Fetches what the nearer store lacks.</summary>
    public async Task RunAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var absent = await near.FindMissingAsync(digests, cancellationToken);
        await Parallel.ForEachAsync(Batches(absent.Where(static digest => digest.SizeBytes <= Small)), Options(BatchesAtOnce, cancellationToken), async (batch, stop) => await fetchMany(batch, stop));
        await Parallel.ForEachAsync(absent.Where(static digest => digest.SizeBytes > Small), Options(AtOnce, cancellationToken), async (digest, stop) => await fetch(digest, stop));
    }

    private static ParallelOptions Options(int atOnce, CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken };

    private static IEnumerable<List<Digest>> Batches(IEnumerable<Digest> digests)
    {
        var (batch, bytes) = (new List<Digest>(), 0L);
        foreach (var digest in digests)
        {
            if (batch.Count == BatchBlobs || bytes + digest.SizeBytes > BatchBytes)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(digest);
            bytes += digest.SizeBytes;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
