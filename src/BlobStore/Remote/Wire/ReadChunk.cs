using System.Buffers;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>
/// <c>google.bytestream.ReadResponse</c> over a pooled buffer: one copy between the transport and the caller, where the
/// generated message would make an array a message.
/// </summary>
public sealed class ReadChunk : IDisposable
{
    private byte[]? _rented;
    private int _length;

    private ReadChunk(byte[]? rented, int length) => (_rented, _length) = (rented, length);

    /// <summary>The bytes; valid until disposal.</summary>
    public ReadOnlyMemory<byte> Data => _rented.AsMemory(0, _length);

    /// <summary>All of the buffer, for the next message's bytes; then <see cref="SetLength"/>.</summary>
    public Memory<byte> Buffer => _rented;

    /// <summary>A message with room for <paramref name="capacity"/> bytes, to be filled and sent again and again.</summary>
    public static ReadChunk WithCapacity(int capacity) => new(ArrayPool<byte>.Shared.Rent(capacity), 0);

    /// <summary>Says how much of <see cref="Buffer"/> is the message.</summary>
    public void SetLength(int length) => _length = length;

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            _length = 0;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    internal static ReadChunk CopyOf(in ReadOnlySequence<byte> data)
    {
        var length = (int)data.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        data.CopyTo(rented);
        return new ReadChunk(rented, length);
    }
}
