using BuildFarm.Digests;

namespace BuildFarm.Coordinator.History;

/// <summary>How long a task is thought to take.</summary>
/// <param name="Key">What is the same for every run of the task: its name and command.</param>
/// <param name="Time">In its container.</param>
public readonly record struct RecordedTime(Digest Key, TimeSpan Time);
