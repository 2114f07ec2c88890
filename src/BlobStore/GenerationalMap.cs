using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace BuildFarm.BlobStore;

/// <summary>
/// A bounded memory of recent facts. Two generations of at most <c>capacity</c> entries each: when the young one is full it
/// becomes the old one and the old one is forgotten, so an entry lives for at least <c>capacity</c> insertions after its
/// last write and nothing is ever scanned.
/// </summary>
/// <param name="capacity">Entries a generation.</param>
public sealed class GenerationalMap<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _turnover = new();
    private volatile ConcurrentDictionary<TKey, TValue> _young = new();
    private volatile ConcurrentDictionary<TKey, TValue> _old = new();
    private int _insertions;

    public void Set(TKey key, TValue value)
    {
        _young[key] = value;
        if (Interlocked.Increment(ref _insertions) >= capacity)
        {
            TurnOver();
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) =>
        _young.TryGetValue(key, out value) || _old.TryGetValue(key, out value);

    public void Remove(TKey key)
    {
        _young.TryRemove(key, out _);
        _old.TryRemove(key, out _);
    }

    private void TurnOver()
    {
        lock (_turnover)
        {
            if (_insertions < capacity)
            {
                return;
            }

            _old = _young;
            _young = new ConcurrentDictionary<TKey, TValue>();
            Volatile.Write(ref _insertions, 0);
        }
    }
}
