namespace BuildFarm.Scheduling.Effects;

/// <summary>Reply to CancelJob and CancelTasks.</summary>
/// <param name="Correlation">Of the command.</param>
/// <param name="Job">Which job.</param>
/// <param name="Found">False when the job is not in the state: unknown, or finished already.</param>
/// <param name="Cancelled">How many tasks ended by this command.</param>
public sealed record CancelAnswered(long Correlation, JobId Job, bool Found, int Cancelled) : Effect;
