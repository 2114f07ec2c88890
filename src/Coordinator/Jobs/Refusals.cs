using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Effects;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The scheduler's refusals as gRPC statuses.</summary>
internal static class Refusals
{
    /// <summary>Waits until every job has been recovered.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: the coordinator is going away.</exception>
    public static async Task OpenedOrUnavailableAsync(this SchedulerQueue queue, CancellationToken cancellationToken)
    {
        try
        {
            await queue.OpenedAsync(cancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw Error(StatusCode.Unavailable, e.Message);
        }
    }

    public static RpcException ToRpcException(this SubmitRefused refused, TimeSpan retryDelay) => refused.Kind switch
    {
        RefusalKind.Malformed => Error(StatusCode.InvalidArgument, refused.Reason),
        RefusalKind.Impossible => Error(StatusCode.FailedPrecondition, refused.Reason),
        RefusalKind.QueueFull => QueueFull(refused.Reason, retryDelay),
        RefusalKind.KeyReused => Error(StatusCode.AlreadyExists, refused.Reason),
        RefusalKind.NotFound => Error(StatusCode.NotFound, refused.Reason),
        _ => Error(StatusCode.Internal, refused.Reason),
    };

    private static RpcException QueueFull(string reason, TimeSpan retryDelay) =>
        new Status(StatusCode.ResourceExhausted, reason).ToRpcException(new Google.Rpc.Status
        {
            Code = (int)StatusCode.ResourceExhausted,
            Message = reason,
            Details = { Any.Pack(new RetryInfo { RetryDelay = retryDelay.ToDuration() }) },
        });

    private static RpcException Error(StatusCode code, string reason) => new(new Status(code, reason));
}
