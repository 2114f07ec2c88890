using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>
/// A content-addressed store of immutable blobs. Every implementation and decorator verifies nothing on its own:
/// <c>VerifyingBlobStore</c> or the store that owns the bytes does, and the conformance suite says what all must hold.
/// </summary>
public interface IBlobStore
{
    /// <summary>Opens a blob for reading; null when the store does not have it. The empty blob is always present.</summary>
    ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>
    /// Starts a write. Nothing is visible before <see cref="BlobWriter.CommitAsync"/> returns; disposing without a commit
    /// discards it.
    /// </summary>
    /// <exception cref="BlobStoreFullException">There is no room and nothing may be evicted.</exception>
    ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>The digests, of those asked for, that the store does not have. Those it has get a new lease of life.</summary>
    ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken);
}

/// <summary>An open blob: its bytes stay readable until disposal, even when the store evicts it meanwhile.</summary>
public abstract class BlobReader : IAsyncDisposable
{
    /// <summary>Length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Reads at <paramref name="offset"/>; returns the bytes read, 0 at the end. Safe for concurrent calls.</summary>
    /// <exception cref="CorruptBlobException">The bytes do not match the digest; the store has dropped the blob.</exception>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}

/// <summary>A blob being written, by one caller, from its first byte to its last.</summary>
public abstract class BlobWriter : IAsyncDisposable
{
    /// <summary>Bytes taken so far.</summary>
    public abstract long Written { get; }

    /// <summary>Appends; the buffer may be reused when the task completes.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Verifies size and hash, then makes the blob visible.</summary>
    /// <exception cref="DigestMismatchException">What was written is not what the digest says; nothing is stored.</exception>
    public abstract ValueTask CommitAsync(CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
