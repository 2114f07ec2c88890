namespace BuildFarm.Scheduling.Effects;

/// <summary>Somebody asked for the end of a job.</summary>
public sealed record JobCancelling(JobId Job, string Reason) : Effect;
