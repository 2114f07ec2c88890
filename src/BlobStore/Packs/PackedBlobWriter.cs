using System.Buffers;
using BuildFarm.BlobStore.Disk;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Packs;

/// <summary>Collects a small blob in memory; the commit compares and appends.</summary>
internal sealed class PackedBlobWriter(Digest digest, LruFiles.Room room, PackedBlobs packs) : BlobWriter
{
    private byte[]? _content = ArrayPool<byte>.Shared.Rent((int)digest.SizeBytes);
    private int _written;

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_content is null, this);
        if (bytes.Length > digest.SizeBytes - _written)
        {
            throw new DigestMismatchException(digest, $"more than {digest.SizeBytes} bytes");
        }

        bytes.Span.CopyTo(_content.AsSpan(_written));
        _written += bytes.Length;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_written != digest.SizeBytes)
        {
            throw new DigestMismatchException(digest, $"{_written} bytes");
        }

        ObjectDisposedException.ThrowIf(_content is null, this);
        var content = _content.AsSpan(0, _written);
        var found = Digest.OfBytes(content, digest.Function);
        if (found != digest)
        {
            throw new DigestMismatchException(digest, $"hash {found.HashHex}");
        }

        packs.Add(digest, content);
        // From here on the pack's own length counts.
        room.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        room.Dispose();
        if (_content is { } content)
        {
            _content = null;
            ArrayPool<byte>.Shared.Return(content);
        }

        return ValueTask.CompletedTask;
    }
}
