using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>Takes a blob that the store has already: counts the bytes and drops them.</summary>
internal sealed class PresentBlobWriter(Digest digest) : BlobWriter
{
    private long _written;

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _written += bytes.Length;
        return _written <= digest.SizeBytes
            ? ValueTask.CompletedTask
            : throw new DigestMismatchException(digest, $"more than {digest.SizeBytes} bytes");
    }

    /// <inheritdoc />
    public override ValueTask CommitAsync(CancellationToken cancellationToken) =>
        _written == digest.SizeBytes ? ValueTask.CompletedTask : throw new DigestMismatchException(digest, $"{_written} bytes");

    /// <inheritdoc />
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
