namespace BuildFarm.Scheduling.Queues;

/// <summary>An item that knows its own place in the one heap it is in.</summary>
internal interface IHeapItem<in TSelf>
{
    /// <summary>Kept by the heap; -1 outside of one.</summary>
    int HeapIndex { get; set; }

    /// <summary>A total order: of two different items exactly one goes before the other.</summary>
    bool GoesBefore(TSelf other);
}
