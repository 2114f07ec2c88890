using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Disk;

/// <summary>Writes a blob into a temporary file and hashes it on the way, so that a commit is a comparison and a rename.</summary>
internal sealed class DiskBlobWriter(Digest digest, TemporaryFile file, LruFiles.Room room, DiskBlobStore store) : BlobWriter
{
    // From here on hashing and writing go side by side: together they take longer than handing one of them over.
    private const int SplitFrom = 128 * 1024;

    /// <summary>Bytes for which there is room before they have come.</summary>
    public const long Ahead = 4 << 20;

    private readonly DigestBuilder _hash = new(digest.Function);
    private long _written;
    private long _roomFor = Math.Min(digest.SizeBytes, Ahead);
    private bool _ended;

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The open file of a committed blob must never be written to again.
        ObjectDisposedException.ThrowIf(_ended, this);
        var offset = _written;
        if (bytes.Length > digest.SizeBytes - offset)
        {
            throw new DigestMismatchException(digest, $"more than {digest.SizeBytes} bytes");
        }

        return offset + bytes.Length > _roomFor ? GrowAndWriteAsync(bytes, cancellationToken) : AppendAsync(bytes);
    }

    /// <inheritdoc />
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_written != digest.SizeBytes)
        {
            throw new DigestMismatchException(digest, $"{_written} bytes");
        }

        ObjectDisposedException.ThrowIf(_ended, this);
        _ended = true;
        var found = _hash.Finish();
        if (found != digest)
        {
            throw new DigestMismatchException(digest, $"hash {found.HashHex}");
        }

        await store.PublishAsync(digest, executable: false, file, room);
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _ended = true;
        _hash.Dispose();
        file.Dispose();
        room.Dispose();
        return ValueTask.CompletedTask;
    }

    // The room goes before the bytes, so that others' are evicted by what has come and not by what was said.
    private async ValueTask GrowAndWriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var roomFor = Math.Min(digest.SizeBytes, _written + bytes.Length + Ahead);
        await room.GrowToAsync(roomFor, cancellationToken);
        try
        {
            NativeFile.Reserve(file.Handle, _roomFor, roomFor - _roomFor);
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw store.DiskFull(digest, e);
        }

        _roomFor = roomFor;
        await AppendAsync(bytes);
    }

    private ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length >= SplitFrom)
        {
            return WriteSideBySideAsync(bytes, _written);
        }

        WriteToFile(bytes.Span, _written);
        _hash.Append(bytes.Span);
        _written += bytes.Length;
        return ValueTask.CompletedTask;
    }

    private async ValueTask WriteSideBySideAsync(ReadOnlyMemory<byte> bytes, long offset)
    {
        var hashing = Task.Run(() => _hash.Append(bytes.Span), CancellationToken.None);
        try
        {
            WriteToFile(bytes.Span, offset);
        }
        finally
        {
            // The buffer is the caller's again when this returns, whatever happened to the file.
            await hashing;
        }

        _written += bytes.Length;
    }

    private void WriteToFile(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(file.Handle, bytes, offset);
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw store.DiskFull(digest, e);
        }
    }
}
