using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Events;

/// <summary>A task of an unfinished job.</summary>
/// <param name="Step">Where it is. A bound one is among the waiters of an execution that follows.</param>
/// <param name="End">Set when finished.</param>
public readonly record struct RestoredTask(TaskStep Step, TaskEnd? End);
