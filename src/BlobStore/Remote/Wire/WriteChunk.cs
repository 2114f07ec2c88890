using System.Buffers;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary><c>google.bytestream.WriteRequest</c> over a buffer: the sender's own, or a pooled one that disposal gives back.</summary>
public sealed class WriteChunk : IDisposable
{
    private byte[]? _rented;

    /// <summary>Required in the first message of a call.</summary>
    public string ResourceName { get; init; } = "";

    /// <summary>Where the data goes, in bytes from the start.</summary>
    public long WriteOffset { get; init; }

    /// <summary>The last message.</summary>
    public bool FinishWrite { get; init; }

    /// <summary>The bytes; of a received message valid until disposal.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Gives the buffer of a received message back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>A message as it was received: its bytes are in a pooled buffer that is the message's from here on.</summary>
    internal static WriteChunk Received(string resourceName, long writeOffset, bool finishWrite, byte[] rented, Range data) => new()
    {
        ResourceName = resourceName,
        WriteOffset = writeOffset,
        FinishWrite = finishWrite,
        Data = rented.AsMemory(data),
        _rented = rented,
    };
}
