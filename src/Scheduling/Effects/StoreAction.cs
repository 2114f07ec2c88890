namespace BuildFarm.Scheduling.Effects;

/// <summary>
/// Write an executed entry: a success was accepted under a live lease. Comes before the effects that tell of it, so that who hears
/// of a result finds it in the cache.
/// </summary>
/// <param name="Lease">Under which it was accepted.</param>
/// <param name="Action">The key.</param>
/// <param name="Task">The first task that waited for it.</param>
/// <param name="Result">What to store.</param>
/// <param name="Worker">Who made it: part of the entry's provenance.</param>
public sealed record StoreAction(Lease Lease, ActionId Action, TaskId Task, ResultHandle Result, WorkerId Worker) : Effect;
