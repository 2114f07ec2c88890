using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller reads one message from. The payload can be read once.</summary>
public abstract class DeserializationContext
{
    /// <summary>Length of the message in bytes, after decompression.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The payload in an array that the caller may keep.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotSupportedException("This context gives no arrays.");

    /// <summary>The payload in the transport's buffers; valid only until the deserialiser returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() =>
        throw new NotSupportedException("This context gives no sequence.");
}
