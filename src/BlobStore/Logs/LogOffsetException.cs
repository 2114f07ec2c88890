namespace BuildFarm.BlobStore.Logs;

/// <summary>A write to a log stream that would leave a hole, or that comes after the end.</summary>
/// <param name="message">Which stream, its length, and what was asked.</param>
public sealed class LogOffsetException(string message) : IOException(message);
