using Grpc.Core;

namespace Google.Rpc;

/// <summary>Rich errors with the generated <c>google.rpc.Status</c>.</summary>
public static class RpcStatusExtensions
{
    /// <summary>The exception that sends this status, its message and its details.</summary>
    public static RpcException ToRpcException(this Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new Grpc.Core.Status((StatusCode)status.Code, status.Message).ToRpcException(status);
    }

    /// <summary>The details of a failed call; null when it has none.</summary>
    public static Status? GetRpcStatus(this RpcException exception) => exception.GetStatusDetails(Status.Parser);
}
