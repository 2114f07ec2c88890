using BuildFarm.Digests;

namespace BuildFarm.Coordinator.History;

/// <summary>How long a task is thought to take, and how much memory it has shown to need.</summary>
/// <param name="Key">What is the same for every run of the task: its name and command.</param>
/// <param name="Time">In its container.</param>
/// <param name="MemoryBytes">At its peak; 0 when nothing is known.</param>
public readonly record struct RecordedTime(Digest Key, TimeSpan Time, long MemoryBytes = 0);
