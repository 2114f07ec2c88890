using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>
/// A store that takes and gives many small blobs in one step: at the other end of a network each step is a call. Use it through
/// <see cref="BlobBatches"/>, which serves every store.
/// </summary>
public interface IBatchBlobStore : IBlobStore
{
    /// <summary>Stores each of the blobs by itself: that one is refused says nothing of the others. A store that does not answer has refused them all.</summary>
    /// <param name="blobs">Whose content stays as it is until the call ends. What all of them have fits in memory.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>For each blob why it was not stored, or null.</returns>
    ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken);

    /// <summary>The whole content of each of the blobs.</summary>
    /// <param name="digests">What all of them name fits in memory.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>One answer for each, in their order.</returns>
    ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken);
}
