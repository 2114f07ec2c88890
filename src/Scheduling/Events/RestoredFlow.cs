namespace BuildFarm.Scheduling.Events;

/// <summary>A job's place in fair share at one priority.</summary>
/// <param name="Priority">Which.</param>
/// <param name="Pass">CPU time that counts for it.</param>
/// <param name="MeanTicks">What its executions took lately.</param>
/// <param name="Waits">Whether executions of it wait: its place is then kept as it is.</param>
public readonly record struct RestoredFlow(int Priority, long Pass, long MeanTicks, bool Waits);
