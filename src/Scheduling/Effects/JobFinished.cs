namespace BuildFarm.Scheduling.Effects;

/// <summary>A job has finished and left the state. Carries all that a history keeps.</summary>
public sealed record JobFinished(JobView Job) : Effect;
