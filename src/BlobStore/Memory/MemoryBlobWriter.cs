using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Memory;

/// <summary>Fills an array of the announced size; it grows as bytes come, so that an announcement alone takes no memory.</summary>
internal sealed class MemoryBlobWriter(Digest digest, MemoryBlobStore store) : BlobWriter
{
    private const int FirstBytes = 64 * 1024;

    private byte[] _content = new byte[(int)Math.Min(digest.SizeBytes, FirstBytes)];
    private int _written;
    private bool _done;

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (bytes.Length > digest.SizeBytes - _written)
        {
            throw new DigestMismatchException(digest, $"more than {digest.SizeBytes} bytes");
        }

        var needed = _written + bytes.Length;
        if (needed > _content.Length)
        {
            Array.Resize(ref _content, (int)Math.Min(digest.SizeBytes, Math.Max(needed, 2L * _content.Length)));
        }

        bytes.CopyTo(_content.AsMemory(_written));
        _written = needed;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_written != digest.SizeBytes)
        {
            throw new DigestMismatchException(digest, $"{_written} bytes");
        }

        var found = Digest.OfBytes(_content, digest.Function);
        if (found != digest)
        {
            throw new DigestMismatchException(digest, $"hash {found.HashHex}");
        }

        _done = true;
        store.Publish(digest, _content);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        if (!_done)
        {
            _done = true;
            store.Abandon(digest);
        }

        return ValueTask.CompletedTask;
    }
}
