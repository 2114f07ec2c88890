namespace BuildFarm.Scheduling.Effects;

/// <summary>Reply to WorkerLinked and DrainWorker: nothing changed.</summary>
/// <param name="Correlation">Of the command.</param>
/// <param name="Worker">Which.</param>
/// <param name="Reason">One line: the pool that is not declared, the property that the worker lacks.</param>
public sealed record WorkerRefused(long Correlation, WorkerId Worker, string Reason) : Effect;
