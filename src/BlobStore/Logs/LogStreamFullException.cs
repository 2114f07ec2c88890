namespace BuildFarm.BlobStore.Logs;

/// <summary>A log stream has reached its limit. What was there before is kept.</summary>
/// <param name="name">The stream.</param>
/// <param name="limit">Bytes that a stream may have.</param>
public sealed class LogStreamFullException(string name, long limit)
    : IOException($"The log stream {name} has reached its limit of {limit} bytes. Finish it; what is there is kept.");
