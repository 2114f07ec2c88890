using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>Chooses among the workers that could start the head of a queue now.</summary>
internal interface IPlacementPolicy
{
    /// <summary>A worker with room that the head may go to; null when there is none. Must not change the state.</summary>
    WorkerEntry? Choose(ExecutionQueue queue);
}
