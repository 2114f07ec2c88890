using System.Buffers;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>A received message's bytes in a buffer of the pool, in one piece and valid beyond the transport's own.</summary>
public static class PooledPayload
{
    /// <summary>Copies a message; whoever asks returns the buffer to <see cref="ArrayPool{T}.Shared"/>.</summary>
    /// <param name="context">The message.</param>
    /// <param name="length">How much of the buffer it takes.</param>
    public static byte[] Rent(DeserializationContext context, out int length)
    {
        var payload = context.PayloadAsReadOnlySequence();
        length = (int)payload.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        payload.CopyTo(rented);
        return rented;
    }
}
