using BuildFarm.BlobStore.Remote.Wire;
using Google.Bytestream;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace BuildFarm.Cache.Streams;

/// <summary>
/// <c>google.bytestream.ByteStream</c> bound by hand: the generated base would copy every message's data into a byte string.
/// </summary>
[BindServiceMethod(typeof(ByteStreamBase), nameof(BindService))]
public abstract class ByteStreamBase
{
    /// <summary>For reflection.</summary>
    public static ServiceDescriptor Descriptor => BytestreamReflection.Descriptor.Services[0];

    /// <summary>Gives the methods to a server.</summary>
    public static void BindService(ServiceBinderBase binder, ByteStreamBase? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(ByteStreamMethods.Read, service is null ? null : new ServerStreamingServerMethod<ReadRequest, ReadChunk>(service.Read));
        binder.AddMethod(ByteStreamMethods.Write, service is null ? null : new ClientStreamingServerMethod<WriteChunk, WriteResponse>(service.Write));
        binder.AddMethod(
            ByteStreamMethods.QueryWriteStatus,
            service is null ? null : new UnaryServerMethod<QueryWriteStatusRequest, QueryWriteStatusResponse>(service.QueryWriteStatus));
    }

    /// <summary>Sends a resource, or a part of it.</summary>
    public abstract Task Read(ReadRequest request, IServerStreamWriter<ReadChunk> responses, ServerCallContext context);

    /// <summary>Takes a resource, or the rest of one.</summary>
    public abstract Task<WriteResponse> Write(IAsyncStreamReader<WriteChunk> requests, ServerCallContext context);

    /// <summary>How much of a resource has been taken.</summary>
    public abstract Task<QueryWriteStatusResponse> QueryWriteStatus(QueryWriteStatusRequest request, ServerCallContext context);
}
