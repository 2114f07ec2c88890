using BuildFarm.Hosting.Compression;

namespace BuildFarm.Cache.Compression;

/// <summary>Turns bytes that come in parts into one zstd frame.</summary>
internal sealed class ZstdEncoder : IDisposable
{
    // On a fast network a higher level costs more time than its bytes do.
    private const int Level = 1;
    private const int Continue = 0;
    private const int End = 2;

    private readonly LibZstd.Compressor _context = LibZstd.CreateCompressor();

    public ZstdEncoder() => LibZstd.Set(_context, LibZstd.CompressionLevel, Level);

    /// <summary>Takes input and gives output, as much as there is room for.</summary>
    /// <param name="input">What follows.</param>
    /// <param name="output">Room.</param>
    /// <param name="isLast">Nothing follows after this input.</param>
    /// <returns>How much was taken and given, and whether the frame is complete.</returns>
    public unsafe (int Taken, int Given, bool Ended) Encode(ReadOnlySpan<byte> input, Span<byte> output, bool isLast)
    {
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            var (source, target) = (
                new LibZstd.Buffer { Start = (nint)from, Size = (nuint)input.Length }, new LibZstd.Buffer { Start = (nint)to, Size = (nuint)output.Length });
            var left = LibZstd.Compress(_context, ref target, ref source, isLast ? End : Continue);
            return LibZstd.IsError(left) != 0
                ? throw new InvalidOperationException($"zstd cannot compress: {LibZstd.NameOf(left)}")
                : ((int)source.Position, (int)target.Position, isLast && left == 0);
        }
    }

    /// <summary>The whole of some bytes as a frame; null when it is not smaller.</summary>
    public static byte[]? TryCompress(ReadOnlySpan<byte> content)
    {
        using var encoder = new ZstdEncoder();
        var frame = new byte[content.Length];
        var (_, given, ended) = encoder.Encode(content, frame, isLast: true);
        return ended && given < content.Length ? frame[..given] : null;
    }

    public void Dispose() => _context.Dispose();
}
