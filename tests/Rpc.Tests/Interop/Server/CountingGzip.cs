using System.IO.Compression;
using Grpc.Net.Compression;

namespace BuildFarm.Rpc.Tests.Interop.Server;

/// <summary>gzip that counts the messages it compresses, since a client does not tell its caller what was compressed.</summary>
internal sealed class CountingGzip : ICompressionProvider
{
    private readonly GzipCompressionProvider _gzip = new(CompressionLevel.Fastest);
    private int _compressed;

    public int Compressed => _compressed;

    public string EncodingName => _gzip.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
    {
        Interlocked.Increment(ref _compressed);
        return _gzip.CreateCompressionStream(stream, compressionLevel);
    }

    public Stream CreateDecompressionStream(Stream stream) => _gzip.CreateDecompressionStream(stream);
}
