namespace BuildFarm.Scheduling.Effects;

/// <summary>Reply to WorkerLinked and DrainWorker.</summary>
public sealed record WorkerAccepted(long Correlation, WorkerId Worker) : Effect;
