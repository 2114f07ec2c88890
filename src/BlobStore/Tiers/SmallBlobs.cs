using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>What travels many in a call: blobs for which the round trip would be most of the time.</summary>
internal static class SmallBlobs
{
    private const int BatchesAtOnce = 4;
    private const int Largest = 64 << 10;
    private const int BatchBytes = 1 << 20;
    private const int BatchBlobs = 500;

    /// <summary>Whether a blob is one of them.</summary>
    public static bool IsSmall(Digest digest) => digest.SizeBytes <= Largest;

    /// <summary>Sends batches, a few at a time.</summary>
    public static Task InBatchesAsync(IEnumerable<Digest> small, Func<IReadOnlyList<Digest>, CancellationToken, ValueTask> send, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(Batches(small), new ParallelOptions { MaxDegreeOfParallelism = BatchesAtOnce, CancellationToken = cancellationToken }, send);

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
