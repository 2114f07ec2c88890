namespace Grpc.Core;

/// <summary>Turns messages of one type into bytes and back.</summary>
public class Marshaller<T>
{
    /// <summary>A marshaller over whole arrays. Every message costs an array; prefer the contextual form.</summary>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>A marshaller that writes to the transport's buffers and reads from them.</summary>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = static _ => throw new NotSupportedException("This marshaller serialises through ContextualSerializer only.");
        Deserializer = static _ => throw new NotSupportedException("This marshaller parses through ContextualDeserializer only.");
    }

    /// <summary>Message to array; throws <see cref="NotSupportedException"/> on a contextual marshaller.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>Array to message; throws <see cref="NotSupportedException"/> on a contextual marshaller.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Writes a message into a serialisation context. Works on every marshaller.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads a message from a deserialisation context. Works on every marshaller.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}
