using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>A pool that can run a shape, and what one execution of the shape holds there.</summary>
internal readonly record struct ShapeInPool(PoolEntry Pool, Resources Charge);
