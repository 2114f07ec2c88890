namespace BuildFarm.Scheduling.Events;

/// <summary>A second attempt of an execution that runs.</summary>
/// <param name="Worker">Who has it.</param>
/// <param name="Epoch">Of its lease.</param>
public readonly record struct RestoredCopy(WorkerId Worker, long Epoch);
