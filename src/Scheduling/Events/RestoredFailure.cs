namespace BuildFarm.Scheduling.Events;

/// <summary>A worker on which an execution failed by itself.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Era">Of that worker when it failed.</param>
public readonly record struct RestoredFailure(WorkerId Worker, long Era);
