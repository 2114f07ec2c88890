using System.Buffers;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>
/// <c>google.bytestream.ReadResponse</c> over a pooled buffer: one copy between the transport and the caller, where the
/// generated message would make an array a message.
/// </summary>
public sealed class ReadChunk : IDisposable
{
    private byte[]? _rented;
    private Range _data;

    private ReadChunk(byte[] rented, Range data) => (_rented, _data) = (rented, data);

    /// <summary>The bytes; valid until disposal.</summary>
    public ReadOnlyMemory<byte> Data => _rented.AsMemory(_data);

    /// <summary>All of the buffer, for the next message's bytes; then <see cref="SetLength"/>.</summary>
    public Memory<byte> Buffer => _rented;

    /// <summary>A message with room for <paramref name="capacity"/> bytes, to be filled and sent again and again.</summary>
    public static ReadChunk WithCapacity(int capacity) => new(ArrayPool<byte>.Shared.Rent(capacity), default);

    /// <summary>Says how much of <see cref="Buffer"/> is the message.</summary>
    public void SetLength(int length) => _data = ..length;

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            _data = default;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>A message as it was received: its bytes are in a pooled buffer that is the message's from here on.</summary>
    internal static ReadChunk Received(byte[] rented, Range data) => new(rented, data);
}
