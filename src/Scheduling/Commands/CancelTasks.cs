using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Commands;

/// <summary>
/// Ends some tasks of a job, and what needs them, as cancelled, at once. Idempotent. Answered by CancelAnswered.
/// </summary>
/// <param name="Job">Which job.</param>
/// <param name="Indices">Which tasks; those that have finished stay as they are.</param>
/// <param name="Reason">Shown as the tasks' message; may be empty.</param>
public sealed record CancelTasks(JobId Job, ImmutableArray<int> Indices, string Reason) : Command;
