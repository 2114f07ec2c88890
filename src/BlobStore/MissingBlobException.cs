using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>A blob that the caller cannot do without is not in the store.</summary>
/// <param name="digest">The blob.</param>
public sealed class MissingBlobException(Digest digest)
    : BlobStoreException($"Blob {digest} is not in the store. Upload it, then ask again.")
{
    /// <summary>The blob.</summary>
    public Digest Digest { get; } = digest;
}
