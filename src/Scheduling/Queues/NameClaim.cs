using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>An execution that waits for one exclusive name. The oldest execution goes first, whatever its priority: nobody starves.</summary>
internal sealed class NameClaim(ExecutionEntry execution, ExclusiveName name) : IHeapItem<NameClaim>
{
    public ExecutionEntry Execution { get; } = execution;

    public ExclusiveName Name { get; } = name;

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => Execution.Id.Value;

    public bool GoesBefore(NameClaim other) => Execution.Id.Value < other.Execution.Id.Value;
}
