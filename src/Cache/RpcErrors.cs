using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;
using BuildFarm.Cache.Resources;
using BuildFarm.Digests;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Status = Grpc.Core.Status;

namespace BuildFarm.Cache;

/// <summary>Says what the stores' refusals are in gRPC's terms, for all services of the cache.</summary>
internal sealed class RpcErrors : Interceptor
{
    /// <summary>The status of a refusal; null for what nobody foresaw.</summary>
    public static Status? StatusOf(Exception exception) => exception switch
    {
        UnsupportedCompressorException => new Status(StatusCode.Unimplemented, exception.Message),
        ResourceNameException or DigestFormatException or DigestMismatchException or InvalidDataException =>
            new Status(StatusCode.InvalidArgument, exception.Message),
        BlobStoreFullException or LogStreamFullException => new Status(StatusCode.ResourceExhausted, exception.Message),
        BlobStoreUnavailableException => new Status(StatusCode.Unavailable, exception.Message),
        LogOffsetException => new Status(StatusCode.OutOfRange, exception.Message),
        // The blob is gone by now, and clients know what to do about a missing one.
        CorruptBlobException or LogEvictedException => new Status(StatusCode.NotFound, exception.Message),
        _ => null,
    };

    /// <summary>FAILED_PRECONDITION with one MISSING violation a blob and no other detail, which is what Bazel acts on.</summary>
    public static RpcException Missing(IReadOnlyCollection<Digests.Digest> blobs)
    {
        var failure = new PreconditionFailure();
        failure.Violations.AddRange(blobs.Select(blob => new PreconditionFailure.Types.Violation { Type = "MISSING", Subject = $"blobs/{blob}" }));
        var message = $"{blobs.Count} blobs are missing, {blobs.First()} among them; upload them first.";
        return new Status(StatusCode.FailedPrecondition, message).ToRpcException(new Google.Rpc.Status
        {
            Code = (int)StatusCode.FailedPrecondition,
            Message = message,
            Details = { Any.Pack(failure) },
        });
    }

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception e) when (StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
    }
}
