namespace BuildFarm.BlobStore.Packs;

/// <summary>Who goes first, and how the space comes back.</summary>
internal sealed partial class PackedBlobs
{
    // As many are picked out at once as take little memory; the rest wait for the next look.
    private const int QueueLength = 64 * 1024;

    // A pack is copied together when this share of it is gaps: what is copied is then at most three times what comes back.
    private const int GapShare = 4;

    // Without need of room, only what is half gaps is worth it.
    private const int GapShareInPassing = 2;

    private readonly List<PackEntry> _oldest = [];
    private int _nextOldest;

    /// <inheritdoc />
    public long? OldestUse()
    {
        lock (_maintenance)
        {
            return TryPeekOldest(out var entry) ? entry.UsedAt * 1000L : null;
        }
    }

    /// <inheritdoc />
    public bool Evict(long bytes, long usedBefore)
    {
        lock (_maintenance)
        {
            var goal = UsedBytes - bytes;
            var any = false;
            // Whatever has died already comes first.
            while (UsedBytes > goal)
            {
                var went = CopyTogether(GapShare) || EvictOldest(Math.Min(UsedBytes - goal, _options.PackBytes), usedBefore);
                any |= went;
                if (!went)
                {
                    break;
                }
            }

            return any;
        }
    }

    /// <summary>Gives back what gaps take, as far as it is worth the copying.</summary>
    /// <returns>Bytes given back.</returns>
    public long Compact()
    {
        lock (_maintenance)
        {
            var before = UsedBytes;
            CopyTogether(GapShare);
            return before - UsedBytes;
        }
    }

    private void CompactInPassing()
    {
        lock (_maintenance)
        {
            CopyTogether(GapShareInPassing);
        }
    }

    private bool EvictOldest(long bytes, long usedBefore)
    {
        long freed = 0;
        while (freed < bytes && TryPeekOldest(out var entry) && entry.UsedAt * 1000L <= usedBefore)
        {
            _nextOldest++;
            if (Forget(entry, evenIfUsedSince: false))
            {
                freed += entry.RecordBytes;
                Interlocked.Increment(ref _evicted);
            }
        }

        return freed > 0;
    }

    private bool TryPeekOldest(out PackEntry entry)
    {
        for (var looked = false; ; looked = true)
        {
            for (; _nextOldest < _oldest.Count; _nextOldest++)
            {
                var candidate = _oldest[_nextOldest];
                // It may have been copied elsewhere since it was picked out: its use counts, not its place.
                if (_table.TryGet(candidate.Key, 0, out entry) && entry.UsedAt == candidate.UsedAt)
                {
                    return true;
                }
            }

            if (looked)
            {
                entry = default;
                return false;
            }

            PickOldest();
        }
    }

    // A heap of the oldest so far, the youngest of them on top. Equal times go in the order of writing.
    private void PickOldest()
    {
        var heap = new PriorityQueue<PackEntry, (uint UsedAt, long Pack, long Offset)>(
            Comparer<(uint UsedAt, long Pack, long Offset)>.Create((left, right) => right.CompareTo(left)));
        _table.ForEach((in PackEntry entry) =>
        {
            if (heap.Count == QueueLength && heap.Peek().UsedAt < entry.UsedAt)
            {
                return;
            }

            var age = (entry.UsedAt, _packs[entry.Slot]?.Number ?? 0, entry.Offset);
            if (heap.Count < QueueLength)
            {
                heap.Enqueue(entry, age);
            }
            else
            {
                heap.EnqueueDequeue(entry, age);
            }
        });
        _oldest.Clear();
        _nextOldest = 0;
        while (heap.TryDequeue(out var entry, out _))
        {
            _oldest.Add(entry);
        }

        _oldest.Reverse();
    }

    /// <returns>Whether any pack was.</returns>
    private bool CopyTogether(int gapShare)
    {
        var worth = _packs.Where(pack => pack is { DeadBytes: > 0 } && pack.DeadBytes >= pack.Length / gapShare).OfType<PackFile>().ToList();
        foreach (var group in worth.OrderBy(pack => pack.LiveBytes).Chunk(PacksAtOnce))
        {
            lock (_append)
            {
                _active = group.Contains(_active) ? null : _active;
            }

            var entries = EntriesOf(group);
            foreach (var pack in group)
            {
                CopyTogether(pack, entries[pack.Slot]);
            }
        }

        return worth.Count > 0;
    }

    private void CopyTogether(PackFile pack, List<PackEntry> entries)
    {
        var targets = new HashSet<PackFile>();
        var buffer = new byte[PackFormat.RecordBytes(1, PackFormat.LargestBlob) + PackFormat.LongestHash];
        foreach (var entry in entries.OrderBy(entry => entry.Offset))
        {
            var record = buffer.AsSpan(0, entry.RecordBytes);
            if (!TryReadRecord(entry, record) || !PackFormat.IsSound(record, entry.Key))
            {
                DropCorrupt(entry);
                continue;
            }

            lock (_append)
            {
                var target = Append(record, out var offset);
                target.Count(record.Length);
                targets.Add(target);
                if (_table.TryMove(entry, target.Slot, offset))
                {
                    pack.Count(-record.Length);
                }
                else
                {
                    target.Count(-record.Length);
                }
            }
        }

        if (_options.Sync)
        {
            foreach (var target in targets)
            {
                RandomAccess.FlushToDisk(target.Handle);
            }
        }

        lock (_append)
        {
            _packs[pack.Slot] = null;
        }

        Interlocked.Add(ref _usedBytes, -pack.Length);
        pack.Remove();
    }
}
