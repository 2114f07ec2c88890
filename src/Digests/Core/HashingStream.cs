namespace BuildFarm.Digests;

/// <summary>
/// A stream that hashes what passes through it on the way to or from another one. It goes one way and cannot seek; what is read and what
/// is written count as one content, so a stream is used for one of the two.
/// </summary>
public sealed class HashingStream : Stream
{
    private readonly Stream _inner;
    private readonly bool _leaveOpen;
    private readonly DigestBuilder _builder;

    /// <param name="inner">Where the bytes go to or come from.</param>
    /// <param name="function">SHA-256 when null.</param>
    /// <param name="leaveOpen">Keeps <paramref name="inner"/> open when this is disposed.</param>
    public HashingStream(Stream inner, DigestFunction? function = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _leaveOpen = leaveOpen;
        _builder = new DigestBuilder(function ?? DigestFunction.Sha256);
    }

    public override bool CanRead => _inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => _inner.CanWrite;

    /// <summary>Not supported: the content is not known before it has passed.</summary>
    public override long Length => throw new NotSupportedException("a HashingStream has no length; Position says how much has passed");

    /// <summary>Bytes that have passed. Cannot be set.</summary>
    public override long Position
    {
        get => _builder.Length;
        set => throw new NotSupportedException("a HashingStream cannot seek");
    }

    /// <summary>The digest of what has passed since the start or the last call.</summary>
    public Digest Finish() => _builder.Finish();

    public override int Read(Span<byte> buffer)
    {
        var read = _inner.Read(buffer);
        _builder.Append(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _builder.Append(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Hashed after the inner write has succeeded, so that the digest never covers bytes that did not arrive.
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _inner.Write(buffer);
        _builder.Append(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        _builder.Append(buffer.Span);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => _inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a HashingStream cannot seek");

    public override void SetLength(long value) => throw new NotSupportedException("a HashingStream cannot change a length");

    public override async ValueTask DisposeAsync()
    {
        _builder.Dispose();
        if (!_leaveOpen)
            await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _builder.Dispose();
            if (!_leaveOpen)
                _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
