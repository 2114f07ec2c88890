namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// A four-ary heap whose items know their place, so that taking one out of the middle or moving it costs no search: four children
/// share a cache line of references, and half the levels of a binary heap are walked.
/// </summary>
internal sealed class IndexedHeap<T>
    where T : class, IHeapItem<T>
{
    private const int Arity = 4;
    private T[] _items = [];
    private long[] _keys = [];

    public int Count { get; private set; }

    /// <summary>The items in the heap's own order: the first is the head, the others are partly ordered.</summary>
    public ReadOnlySpan<T> Items => _items.AsSpan(0, Count);

    /// <summary>The head; null when empty.</summary>
    public T? Head => Count == 0 ? null : _items[0];

    public void Add(T item)
    {
        if (Count == _items.Length)
        {
            Resize(Math.Max(4, _items.Length * 2));
        }

        item.HeapIndex = Count++;
        Rise(item, item.HeapKey);
    }

    public void Remove(T item)
    {
        var index = item.HeapIndex;
        if ((uint)index >= (uint)Count || !ReferenceEquals(_items[index], item))
        {
            throw new InvalidOperationException("The item is not in this heap.");
        }

        var last = _items[--Count];
        _items[Count] = null!;
        item.HeapIndex = -1;
        if (!ReferenceEquals(last, item))
        {
            last.HeapIndex = index;
            Moved(last);
        }

        if (_items.Length > 64 && Count < _items.Length / 4)
        {
            Resize(_items.Length / 2);
        }
    }

    /// <summary>Restores the order after the item's own place in it changed.</summary>
    public void Moved(T item)
    {
        var key = item.HeapKey;
        Rise(item, key);
        Sink(item, key);
    }

    private void Resize(int length)
    {
        Array.Resize(ref _items, length);
        Array.Resize(ref _keys, length);
    }

    private void Place(T item, long key, int index)
    {
        _items[index] = item;
        _keys[index] = key;
        item.HeapIndex = index;
    }

    private void Rise(T item, long key)
    {
        var (index, looks) = (item.HeapIndex, 0);
        while (index > 0)
        {
            var parent = (index - 1) / Arity;
            looks++;
            if (key > _keys[parent] || (key == _keys[parent] && !item.GoesBefore(_items[parent])))
            {
                break;
            }

            Place(_items[parent], _keys[parent], index);
            index = parent;
        }

        Place(item, key, index);
        WorkCount.Add(looks);
    }

    private void Sink(T item, long key)
    {
        var (index, looks) = (item.HeapIndex, 0);
        while (true)
        {
            var first = (index * Arity) + 1;
            if (first >= Count)
            {
                break;
            }

            var best = first;
            var end = Math.Min(first + Arity, Count);
            looks += end - first;
            for (var child = first + 1; child < end; child++)
            {
                if (_keys[child] < _keys[best] || (_keys[child] == _keys[best] && _items[child].GoesBefore(_items[best])))
                {
                    best = child;
                }
            }

            if (_keys[best] > key || (_keys[best] == key && !_items[best].GoesBefore(item)))
            {
                break;
            }

            Place(_items[best], _keys[best], index);
            index = best;
        }

        Place(item, key, index);
        WorkCount.Add(looks);
    }
}
