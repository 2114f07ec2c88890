namespace BuildFarm.Scheduling.State;

/// <summary>
/// Executions by a key that each of them has: as a dictionary, but a key is not kept a second time, which counts with a million.
/// </summary>
internal sealed class ExecutionTable<TKey>
    where TKey : struct, IEquatable<TKey>
{
    private readonly HashSet<ExecutionEntry> _entries;
    private readonly HashSet<ExecutionEntry>.AlternateLookup<TKey> _byKey;

    public ExecutionTable(Func<ExecutionEntry, TKey> keyOf)
    {
        _entries = new HashSet<ExecutionEntry>(new KeyComparer(keyOf));
        _byKey = _entries.GetAlternateLookup<TKey>();
    }

    public int Count => _entries.Count;

    /// <summary>All of them; none may come or go while they are walked over.</summary>
    public IReadOnlyCollection<ExecutionEntry> Values => _entries;

    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ExecutionEntry this[TKey key] => TryGetValue(key, out var entry) ? entry : throw new KeyNotFoundException($"There is no execution {key}.");

    /// <returns>False when there is none; the entry is then null.</returns>
    public bool TryGetValue(TKey key, out ExecutionEntry entry)
    {
        var known = _byKey.TryGetValue(key, out var found);
        entry = found!;
        return known;
    }

    /// <returns>False when one with this key is there.</returns>
    public bool TryAdd(ExecutionEntry entry) => _entries.Add(entry);

    public void Remove(TKey key) => _byKey.Remove(key);

    private sealed class KeyComparer(Func<ExecutionEntry, TKey> keyOf) : IEqualityComparer<ExecutionEntry>, IAlternateEqualityComparer<TKey, ExecutionEntry>
    {
        public bool Equals(ExecutionEntry? x, ExecutionEntry? y) => ReferenceEquals(x, y) || (x is not null && y is not null && keyOf(x).Equals(keyOf(y)));

        public int GetHashCode(ExecutionEntry obj) => keyOf(obj).GetHashCode();

        public bool Equals(TKey alternate, ExecutionEntry other) => keyOf(other).Equals(alternate);

        public int GetHashCode(TKey alternate) => alternate.GetHashCode();

        public ExecutionEntry Create(TKey alternate) => throw new NotSupportedException("An execution is not made from its key.");
    }
}
