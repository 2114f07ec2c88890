using System.Buffers;

namespace Grpc.Core;

/// <summary>
/// Where a marshaller writes one message: either <see cref="Complete(byte[])"/> with the whole payload, or
/// <see cref="SetPayloadLength"/> (optional, makes it cheaper), <see cref="GetBufferWriter"/>, then <see cref="Complete()"/>.
/// </summary>
public abstract class SerializationContext
{
    /// <summary>Takes the whole message. The caller must not change the array afterwards.</summary>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException("This context takes no arrays.");

    /// <summary>The writer that takes the message's bytes, and nothing else.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException("This context has no buffer writer.");

    /// <summary>Announces the exact number of bytes to come, so that they can go straight to the transport.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Says that everything has been written to the buffer writer.</summary>
    public virtual void Complete() => throw new NotSupportedException("This context has no buffer writer.");
}
