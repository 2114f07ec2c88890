namespace BuildFarm.Scheduling.Commands;

/// <summary>An operator's wish: no new attempts for a worker, or new ones again. Answered by WorkerAccepted or WorkerRefused.</summary>
public sealed record DrainWorker(WorkerId Worker, bool Drain) : Command;
