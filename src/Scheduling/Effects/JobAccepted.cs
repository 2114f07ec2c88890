namespace BuildFarm.Scheduling.Effects;

/// <summary>A job began.</summary>
public sealed record JobAccepted(JobId Job, JobSpec Spec, DateTimeOffset At) : Effect;
