namespace BuildFarm.TestSplitting;

/// <summary>Files that share one task, and so one start of the runner.</summary>
/// <param name="Files">The longest expected first.</param>
/// <param name="ExpectedDuration">Of the files one after the other, with the runner's start; null when no time is known.</param>
public sealed record Shard(IReadOnlyList<string> Files, TimeSpan? ExpectedDuration);
