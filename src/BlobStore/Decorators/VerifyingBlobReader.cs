using System.Buffers;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// Hashes what is read in order; the last bytes are only given out when the hash is right. A read out of order makes it read
/// the blob to the end first, so that no byte of a wrong blob is taken from the middle.
/// </summary>
internal sealed class VerifyingBlobReader(BlobReader inner, Digest digest, string where) : BlobReader
{
    private const int ChunkBytes = 256 * 1024;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly DigestBuilder _hash = new(digest.Function);
    private volatile bool _verified;
    private bool _corrupt;

    /// <inheritdoc />
    public override long Length => inner.Length;

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        _verified ? inner.ReadAsync(offset, buffer, cancellationToken) : ReadAndHashAsync(offset, buffer, cancellationToken);

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _hash.Dispose();
        _turn.Dispose();
        return inner.DisposeAsync();
    }

    private async ValueTask<int> ReadAndHashAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_verified && offset != _hash.Length)
            {
                await HashTheRestAsync(cancellationToken);
            }

            var read = await inner.ReadAsync(offset, buffer, cancellationToken);
            if (!_verified)
            {
                Append(buffer.Span[..read], atEnd: read == 0 && !buffer.IsEmpty);
            }

            return read;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask HashTheRestAsync(CancellationToken cancellationToken)
    {
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (!_verified)
            {
                var read = await inner.ReadAsync(_hash.Length, chunk, cancellationToken);
                Append(chunk.AsSpan(0, read), atEnd: read == 0);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, bool atEnd)
    {
        _hash.Append(bytes);
        if (_corrupt || (atEnd && _hash.Length < Length))
        {
            _corrupt = true;
            throw new CorruptBlobException(digest, where);
        }

        if (_hash.Length < Length)
        {
            return;
        }

        _corrupt = _hash.Finish() != digest;
        _verified = !_corrupt ? true : throw new CorruptBlobException(digest, where);
    }
}
