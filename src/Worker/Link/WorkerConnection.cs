using Grpc.Core;

namespace BuildFarm.Worker.Link;

/// <summary>How a worker reaches its coordinator; a type of its own so that it is never mistaken for another channel.</summary>
/// <param name="Coordinator">Of a channel to the coordinator.</param>
public sealed record WorkerConnection(CallInvoker Coordinator);
