namespace BuildFarm.Scheduling.Queues;

/// <summary>An item that knows its own place in the one heap it is in.</summary>
internal interface IHeapItem<in TSelf>
{
    /// <summary>Kept by the heap; -1 outside of one.</summary>
    int HeapIndex { get; set; }

    /// <summary>
    /// The first thing that the order goes by: the smaller goes before. Heaps keep it beside the item, so that most comparisons
    /// touch no item at all.
    /// </summary>
    long HeapKey { get; }

    /// <summary>A total order, of which <see cref="HeapKey"/> is the beginning: of two different items exactly one goes before the other.</summary>
    bool GoesBefore(TSelf other);
}
