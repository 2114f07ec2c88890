using Google.Protobuf;

namespace Grpc.Core;

/// <summary>
/// Rich error details: a <c>google.rpc.Status</c> in the trailer <c>grpc-status-details-bin</c>. The message type is a
/// parameter, because this assembly has no generated contracts.
/// </summary>
public static class StatusDetails
{
    /// <summary>The trailer that carries the details.</summary>
    public const string TrailerKey = "grpc-status-details-bin";

    /// <summary>The exception for a status with details: <c>details</c> is a <c>google.rpc.Status</c>.</summary>
    public static RpcException ToRpcException(this Status status, IMessage details)
    {
        ArgumentNullException.ThrowIfNull(details);
        return new RpcException(status, new Metadata { { TrailerKey, details.ToByteArray() } });
    }

    /// <summary>The details of a failed call; null when the server sent none, or sent something unreadable.</summary>
    public static T? GetStatusDetails<T>(this RpcException exception, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(exception);
        ArgumentNullException.ThrowIfNull(parser);
        var bytes = exception.Trailers.GetValueBytes(TrailerKey);
        if (bytes is null)
        {
            return null;
        }

        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
