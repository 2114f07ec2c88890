using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Workers;

/// <summary>Which process of which worker speaks on a stream.</summary>
public readonly record struct LinkIdentity(WorkerId Worker, string Incarnation);
