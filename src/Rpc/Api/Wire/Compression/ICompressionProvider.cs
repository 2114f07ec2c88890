using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One message encoding. Implementations are thread-safe; each stream is used by one message.</summary>
public interface ICompressionProvider
{
    /// <summary>The name in <c>grpc-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>Wraps <paramref name="stream"/> so that what is written comes out compressed. Disposing the result ends the encoding and leaves <paramref name="stream"/> open.</summary>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>Wraps <paramref name="stream"/> so that what is read comes out decompressed. Disposing the result leaves <paramref name="stream"/> open.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
