namespace BuildFarm.Scheduling.Effects;

/// <summary>Reply to SubmitJob.</summary>
/// <param name="Correlation">Of the command.</param>
/// <param name="Job">The job that does the work.</param>
/// <param name="Joined">True when the idempotency key named a job that existed (it may have finished).</param>
public sealed record SubmitAccepted(long Correlation, JobId Job, bool Joined) : Effect;
