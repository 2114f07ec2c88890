using System.Buffers;
using Grpc.Core;
using Grpc.Net.Compression;

namespace BuildFarm.Rpc.Wire;

/// <summary>
/// Turns one frame's payload into a message, decompressing it when its flag says so. One instance serves all messages of a call, one at a time.
/// The marshaller sees the received buffers themselves; they are valid only until it returns.
/// </summary>
public sealed class MessageParser : DeserializationContext, IDisposable
{
    private ReadOnlySequence<byte> _payload;
    private PooledBufferWriter? _decompressed;

    /// <summary>Parses messages of up to <paramref name="maxMessageSize"/> bytes after decompression; null for no limit.</summary>
    public MessageParser(int? maxMessageSize, ICompressionProvider? compression = null)
    {
        MaxMessageSize = maxMessageSize;
        Compression = compression;
    }

    /// <summary>The largest payload in bytes, on the wire and after decompression; null for no limit.</summary>
    public int? MaxMessageSize { get; }

    /// <summary>The encoding the peer announced in <c>grpc-encoding</c>; null for none.</summary>
    public ICompressionProvider? Compression { get; set; }

    /// <summary>Whether the last message came compressed.</summary>
    public bool LastWasCompressed { get; private set; }

    /// <inheritdoc/>
    public override int PayloadLength => (int)_payload.Length;

    /// <summary>Parses one payload.</summary>
    /// <param name="header">The header of its frame.</param>
    /// <param name="payload">The bytes after the header.</param>
    /// <param name="deserializer">A marshaller's <c>ContextualDeserializer</c>.</param>
    /// <exception cref="RpcException">INTERNAL for a compressed message without an encoding or a payload that is none; RESOURCE_EXHAUSTED past the limit.</exception>
    public T Parse<T>(FrameHeader header, ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
    {
        LastWasCompressed = header.Compressed;
        _payload = header.Compressed ? Decompress(payload) : payload;
        try
        {
            return deserializer(this);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new WireException($"cannot parse {typeof(T).Name}: {e.Message}", e);
        }
        finally
        {
            _payload = default;
        }
    }

    /// <inheritdoc/>
    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>Gives pooled buffers back.</summary>
    public void Dispose() => _decompressed?.Dispose();

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload)
    {
        if (Compression is null)
        {
            // gRPC's protocol names this status, of a server too (grpc/doc/compression.md).
            throw WireError.Internal("message has its compressed flag set, but no grpc-encoding was announced");
        }

        (_decompressed ??= new PooledBufferWriter()).Clear();
        MessageCompression.Decompress(Compression, payload, MaxMessageSize, _decompressed);
        return new ReadOnlySequence<byte>(_decompressed.WrittenMemory);
    }
}
