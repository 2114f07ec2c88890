namespace BuildFarm.Scheduling.Queues;

/// <summary>A moment at which something must be looked at again.</summary>
internal sealed class Deadline(object owner) : IHeapItem<Deadline>
{
    /// <summary>What is to be looked at; the scheduler decides by its type.</summary>
    public object Owner { get; } = owner;

    /// <summary>On the monotonic clock.</summary>
    public TimeSpan At { get; set; }

    /// <summary>Breaks ties in the order of setting, so that a run is repeatable.</summary>
    public long Order { get; set; }

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => At.Ticks;

    public bool IsSet => HeapIndex >= 0;

    public bool GoesBefore(Deadline other) => At != other.At ? At < other.At : Order < other.Order;
}
