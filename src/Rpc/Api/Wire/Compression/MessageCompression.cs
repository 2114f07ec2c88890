using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace BuildFarm.Rpc.Wire;

/// <summary>Compresses and decompresses whole messages between pooled buffers.</summary>
public static class MessageCompression
{
    private const int ChunkSize = 16 * 1024;

    /// <summary>Appends <paramref name="payload"/>, compressed, to <paramref name="output"/>.</summary>
    public static void Compress(ICompressionProvider provider, CompressionLevel? level, ReadOnlySpan<byte> payload, PooledBufferWriter output)
    {
        using var sink = new BufferWriterStream(output);
        using var compressing = provider.CreateCompressionStream(sink, level);
        compressing.Write(payload);
    }

    /// <summary>Appends <paramref name="payload"/>, decompressed, to <paramref name="output"/>. It stops as soon as the limit is passed, so a small message cannot unfold into all of memory.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED past <paramref name="maxLength"/> bytes; INTERNAL when the payload is not of that encoding.</exception>
    public static void Decompress(ICompressionProvider provider, ReadOnlySequence<byte> payload, int? maxLength, PooledBufferWriter output)
    {
        try
        {
            using var source = new SequenceStream(payload);
            using var decompressing = provider.CreateDecompressionStream(source);
            for (int read; (read = decompressing.Read(output.GetSpan(ChunkSize))) > 0;)
            {
                output.Advance(read);
                if (output.WrittenCount > maxLength)
                {
                    throw WireError.ReceivedTooLarge(output.WrittenCount, maxLength.Value);
                }
            }
        }
        catch (InvalidDataException)
        {
            throw WireError.Broken($"message is not valid {provider.EncodingName}");
        }
    }
}
