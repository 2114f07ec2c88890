using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>The store that owns its files: it can find and take blobs of which the caller does not know the whole digest.</summary>
public interface IOwnedBlobStore : IFileBlobStore
{
    /// <summary>The digest of the blob with this hash; null when the store does not have it.</summary>
    /// <param name="named">A digest of that hash, whose size says nothing.</param>
    Digest? FindByHash(Digest named);

    /// <summary>Stores exactly so many bytes of a stream, and returns their SHA-256 digest.</summary>
    /// <exception cref="EndOfStreamException">The stream ended before.</exception>
    /// <exception cref="BlobStoreFullException">There is no room and nothing may be evicted.</exception>
    ValueTask<Digest> AddAsync(Stream content, long sizeBytes, CancellationToken cancellationToken);
}
