namespace BuildFarm.BlobStore.Logs;

/// <summary>A log stream was finished and has been removed since: to make room, or because nobody read it for long.</summary>
/// <param name="name">The stream.</param>
public sealed class LogEvictedException(string name)
    : IOException($"The log stream {name} was evicted: it was finished, and has been removed since to make room or because of its age.");
