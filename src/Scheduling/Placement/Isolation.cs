using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>Whether a worker has room for the head of a queue now: enough of everything, and nothing else for what must run alone.</summary>
internal static class Isolation
{
    public static bool HasRoom(WorkerEntry worker, ExecutionQueue queue, Resources charge) =>
        charge.FitsIn(worker.FreeFor(queue.Shape.OfChildren)) && (queue.Avoid is not { Alone: true } || worker.IsEmpty);
}
