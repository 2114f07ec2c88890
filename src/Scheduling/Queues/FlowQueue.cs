using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>The executions of one flow in one band: the longest expected first. Lives while it is not empty.</summary>
internal sealed class FlowQueue(Flow flow, PriorityBand band) : IHeapItem<FlowQueue>
{
    private readonly IndexedHeap<ExecutionEntry> _heap = new();

    public Flow Flow { get; } = flow;

    public PriorityBand Band { get; } = band;

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => Flow.Key;

    public int Count => _heap.Count;

    public ExecutionEntry? Head => _heap.Head;

    /// <summary>All of them; only the first is in its place.</summary>
    public ReadOnlySpan<ExecutionEntry> Items => _heap.Items;

    public bool GoesBefore(FlowQueue other) => Flow.GoesBefore(other.Flow);

    public void Add(ExecutionEntry execution)
    {
        _heap.Add(execution);
        execution.Place = this;
        Flow.Enter();
    }

    public void Remove(ExecutionEntry execution)
    {
        _heap.Remove(execution);
        execution.Place = null;
        Flow.Leave();
    }

    /// <summary>The flow's place among others changed.</summary>
    public void Moved() => Band.Moved(this);
}
