namespace BuildFarm.Scheduling;

/// <summary>What a worker is; does not change while one incarnation lives.</summary>
/// <param name="Pool">Name of a declared pool.</param>
/// <param name="Platform">As the worker finds it on itself; must offer everything its pool does.</param>
/// <param name="Capacity">All it has to give.</param>
public sealed record WorkerOffer(string Pool, Platform Platform, Resources Capacity);
