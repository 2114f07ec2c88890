using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>
/// The peer broke the protocol: frames, encodings or messages that are none. Its status is INTERNAL, as gRPC's own list of codes has it for a
/// client that cannot read a response. A server that cannot read a request answers INVALID_ARGUMENT: nothing is wrong with the server, and
/// sending the same again will not help.
/// </summary>
public sealed class WireException(string message, Exception? cause = null) : RpcException(new Status(StatusCode.Internal, message, cause));
