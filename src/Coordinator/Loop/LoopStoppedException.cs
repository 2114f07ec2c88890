namespace BuildFarm.Coordinator.Loop;

/// <summary>The scheduler loop has ended: the coordinator is going away and another may take over. gRPC: UNAVAILABLE.</summary>
public sealed class LoopStoppedException(string message, Exception? inner = null) : Exception(message, inner);
