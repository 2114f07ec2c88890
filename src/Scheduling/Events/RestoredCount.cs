namespace BuildFarm.Scheduling.Events;

/// <summary>What was counted for an attempt when it started.</summary>
/// <param name="JobSequence">The job that it was counted for.</param>
/// <param name="Priority">At which priority.</param>
/// <param name="Ticks">How long it was expected to take.</param>
/// <param name="Flows">How many flows its submitter had waiting.</param>
public readonly record struct RestoredCount(long JobSequence, int Priority, long Ticks, int Flows);
