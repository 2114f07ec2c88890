using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>The errors of the wire, as the status that ends the call.</summary>
public static class WireError
{
    /// <summary>This side broke the protocol.</summary>
    public static RpcException Internal(string message) => new(new Status(StatusCode.Internal, message));

    /// <summary>The peer broke the protocol.</summary>
    public static WireException Broken(string message) => new(message);

    /// <summary>A message is larger than this side takes.</summary>
    public static RpcException ReceivedTooLarge(long size, int limit) => new(new Status(
        StatusCode.ResourceExhausted,
        $"received message of {size} bytes exceeds the limit of {limit} bytes (MaxReceiveMessageSize)"));

    /// <summary>A message is larger than this side sends.</summary>
    public static RpcException SentTooLarge(long size, int limit) => new(new Status(
        StatusCode.ResourceExhausted,
        $"message of {size} bytes exceeds the limit of {limit} bytes (MaxSendMessageSize)"));

    /// <summary>A message uses an encoding that this side does not know.</summary>
    public static RpcException UnknownEncoding(string encoding, string accepted) => new(new Status(
        StatusCode.Unimplemented,
        $"message encoding '{encoding}' is not supported; accepted are: {accepted}"));
}
