using System.Buffers;
using BuildFarm.BlobStore;
using BuildFarm.Hosting.Compression;

namespace BuildFarm.Cache.Compression;

/// <summary>
/// Takes a blob as zstd frames: offsets count compressed bytes, so an interrupted upload goes on within a frame; what comes out
/// is bounded and verified by the writer behind.
/// </summary>
internal sealed class ZstdBlobWriter : BlobWriter
{
    private const int ChunkBytes = 128 * 1024;

    /// <summary>Frames whose window is above 32 MiB are refused, so that an upload cannot take more memory than that.</summary>
    private const int WindowLog = 25;

    private readonly BlobWriter _inner;
    private readonly LibZstd.Decompressor _context = LibZstd.CreateDecompressor();
    private bool _isBetweenFrames = true;
    private long _written;

    public ZstdBlobWriter(BlobWriter inner)
    {
        _inner = inner;
        LibZstd.Set(_context, LibZstd.WindowLogMax, WindowLog);
    }

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    /// <exception cref="InvalidDataException">These are no zstd frames.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var (rest, full) = (bytes, false);
            // What is still within the decoder comes out without more input.
            while (rest.Length > 0 || full)
            {
                var (taken, given) = Decode(rest.Span, buffer);
                rest = rest[taken..];
                full = given == buffer.Length;
                await _inner.WriteAsync(buffer.AsMemory(0, given), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _written += bytes.Length;
    }

    /// <inheritdoc />
    public override ValueTask CommitAsync(CancellationToken cancellationToken) =>
        _isBetweenFrames ? _inner.CommitAsync(cancellationToken) : throw new InvalidDataException("The zstd data ends within a frame.");

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _context.Dispose();
        return _inner.DisposeAsync();
    }

    private unsafe (int Taken, int Given) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            var (source, target) = (
                new LibZstd.Buffer { Start = (nint)from, Size = (nuint)input.Length }, new LibZstd.Buffer { Start = (nint)to, Size = (nuint)output.Length });
            var left = LibZstd.Decompress(_context, ref target, ref source);
            if (LibZstd.IsError(left) != 0)
            {
                throw new InvalidDataException($"The zstd data cannot be read: {LibZstd.NameOf(left)}.");
            }

            // Asking an ended frame for more begins the next one, of which nothing is there yet.
            _isBetweenFrames = left == 0 || (_isBetweenFrames && source.Position == 0);
            return ((int)source.Position, (int)target.Position);
        }
    }
}
