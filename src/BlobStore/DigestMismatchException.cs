using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>What was written is not what the digest says; nothing was stored.</summary>
/// <param name="digest">The digest announced.</param>
/// <param name="found">What came instead, for people.</param>
public sealed class DigestMismatchException(Digest digest, string found)
    : BlobStoreException($"The content written for blob {digest} has {found}. Send the content that the digest was computed from.")
{
    /// <summary>The digest announced.</summary>
    public Digest Digest { get; } = digest;
}
