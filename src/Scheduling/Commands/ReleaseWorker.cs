namespace BuildFarm.Scheduling.Commands;

/// <summary>An operator ends the quarantine of a worker; one that is in none stays as it is. Answered by WorkerAccepted or WorkerRefused.</summary>
public sealed record ReleaseWorker(WorkerId Worker) : Command;
