namespace BuildFarm.Scheduling.Commands;

/// <summary>Ends every unfinished task of a job as cancelled, at once. Idempotent. Answered by CancelAnswered.</summary>
/// <param name="Job">Which.</param>
/// <param name="Reason">Shown as the tasks' message; may be empty.</param>
public sealed record CancelJob(JobId Job, string Reason) : Command;
