using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>The methods of <c>google.bytestream.ByteStream</c>, with bulk messages that are not copied into byte strings.</summary>
public static class ByteStreamMethods
{
    private const string ServiceName = "google.bytestream.ByteStream";

    /// <summary>Server streaming.</summary>
    public static Method<ReadRequest, ReadChunk> Read { get; } =
        new(MethodType.ServerStreaming, ServiceName, "Read", MarshallerOf(ReadRequest.Parser), ChunkMarshallers.ReadChunk);

    /// <summary>Client streaming.</summary>
    public static Method<WriteChunk, WriteResponse> Write { get; } =
        new(MethodType.ClientStreaming, ServiceName, "Write", ChunkMarshallers.WriteChunk, MarshallerOf(WriteResponse.Parser));

    /// <summary>Unary.</summary>
    public static Method<QueryWriteStatusRequest, QueryWriteStatusResponse> QueryWriteStatus { get; } =
        new(MethodType.Unary, ServiceName, "QueryWriteStatus", MarshallerOf(QueryWriteStatusRequest.Parser), MarshallerOf(QueryWriteStatusResponse.Parser));

    private static Marshaller<T> MarshallerOf<T>(MessageParser<T> parser)
        where T : IMessage<T>, IBufferMessage =>
        Marshallers.Create<T>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
