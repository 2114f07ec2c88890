namespace BuildFarm.Scheduling.Effects;

/// <summary>A job has finished and left the state. Its tasks were told of one by one before.</summary>
public sealed record JobFinished(JobView Job) : Effect;
