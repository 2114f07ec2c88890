using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>A blob with all its bytes, which nobody has compared with the digest yet.</summary>
public readonly record struct BlobContent(Digest Digest, ReadOnlyMemory<byte> Bytes);
