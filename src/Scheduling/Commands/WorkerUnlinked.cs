namespace BuildFarm.Scheduling.Commands;

/// <summary>The stream of a worker ended. It gets no new attempts, and is lost unless it returns within the grace.</summary>
public sealed record WorkerUnlinked(WorkerId Worker, string Incarnation) : Command;
