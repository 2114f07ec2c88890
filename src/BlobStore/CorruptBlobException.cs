using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>Stored bytes do not match their digest. The store has dropped the blob: the next look-up is a miss.</summary>
/// <param name="digest">The digest that the bytes should have had.</param>
/// <param name="where">The store, for people.</param>
public sealed class CorruptBlobException(Digest digest, string where)
    : BlobStoreException($"The bytes of blob {digest} in {where} do not match its digest; it was dropped. Upload it again.")
{
    /// <summary>The digest that the bytes should have had.</summary>
    public Digest Digest { get; } = digest;
}
