namespace BuildFarm.Hosting.Compression;

/// <summary>Reads what a stream of zstd frames holds.</summary>
/// <param name="compressed">Read to its end; left open.</param>
/// <param name="windowLog">Frames that need a window of more than two to this power of bytes are refused.</param>
public sealed class ZstdReadStream(Stream compressed, int windowLog) : Stream
{
    private const int ChunkBytes = 128 * 1024;

    private readonly LibZstd.Decompressor _context = Create(windowLog);
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _start;
    private int _end;
    private bool _isBetweenFrames = true;

    /// <summary>Whether this machine has what it needs, libzstd.</summary>
    public static bool IsHere => LibZstd.IsHere;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc />
    /// <exception cref="InvalidDataException">These are no zstd frames, or they end within one.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // What is still within the decoder comes out without more input.
            if (Decode(buffer) is > 0 and var given)
            {
                return given;
            }

            if (_start == _end && !Take(compressed.Read(_chunk)))
            {
                return 0;
            }
        }

        return 0;
    }

    /// <inheritdoc />
    /// <exception cref="InvalidDataException">These are no zstd frames, or they end within one.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (Decode(buffer.Span) is > 0 and var given)
            {
                return given;
            }

            if (_start == _end && !Take(await compressed.ReadAsync(_chunk, cancellationToken)))
            {
                return 0;
            }
        }

        return 0;
    }

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        _context.Dispose();
        base.Dispose(disposing);
    }

    private static LibZstd.Decompressor Create(int windowLog)
    {
        var context = LibZstd.CreateDecompressor();
        LibZstd.Set(context, LibZstd.WindowLogMax, windowLog);
        return context;
    }

    private bool Take(int read)
    {
        (_start, _end) = (0, read);
        return read > 0 || (_isBetweenFrames ? false : throw new InvalidDataException("the zstd data ends within a frame"));
    }

    private unsafe int Decode(Span<byte> output)
    {
        fixed (byte* from = _chunk)
        fixed (byte* to = output)
        {
            var (source, target) = (
                new LibZstd.Buffer { Start = (nint)from + _start, Size = (nuint)(_end - _start) }, new LibZstd.Buffer { Start = (nint)to, Size = (nuint)output.Length });
            var left = LibZstd.Decompress(_context, ref target, ref source);
            if (LibZstd.IsError(left) != 0)
            {
                throw new InvalidDataException($"the zstd data cannot be read: {LibZstd.NameOf(left)}");
            }

            // Asking an ended frame for more begins the next one, of which nothing is there yet.
            _isBetweenFrames = left == 0 || (_isBetweenFrames && source.Position == 0);
            _start += (int)source.Position;
            return (int)target.Position;
        }
    }
}
