namespace BuildFarm.Scheduling;

/// <summary>A declared pool as it was at one moment.</summary>
/// <param name="Spec">As declared.</param>
/// <param name="Workers">Linked workers, draining ones included.</param>
/// <param name="Queued">Executions that wait and could run here; one that could run in two pools counts in both.</param>
public sealed record PoolView(PoolSpec Spec, int Workers, int Queued);
