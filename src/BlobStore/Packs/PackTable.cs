using System.Security.Cryptography;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// Where every packed blob is and when it was used last: open addressing over 24 bytes an entry, in 256 parts with a lock and an
/// array each, so that no growth moves more than a 256th of it. Some 40 bytes a blob.
/// </summary>
internal sealed class PackTable
{
    private const int PartCount = 256;
    private const int SmallestPart = 8;

    // Clients choose hashes; without the seed they cannot choose where those meet.
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private readonly Part[] _parts = [.. Enumerable.Range(0, PartCount).Select(_ => new Part())];
    private long _count;

    /// <summary>Blobs.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The entry of a key.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="usedAt">Written down as its last use; 0 leaves that as it is.</param>
    /// <param name="entry">What was found.</param>
    public bool TryGet(in PackKey key, uint usedAt, out PackEntry entry)
    {
        var part = PartOf(key);
        lock (part.Lock)
        {
            var index = part.Find(key, Mix(key));
            if (index < 0)
            {
                entry = default;
                return false;
            }

            ref var found = ref part.Entries[index];
            if (usedAt > found.UsedAt)
            {
                found.UsedAt = usedAt;
            }

            entry = found;
            return true;
        }
    }

    /// <summary>The entry of a hash whose size nobody said.</summary>
    public bool TryFindByHash(in Digest named, out PackEntry entry)
    {
        entry = default;
        var function = PackFormat.NumberOf(named.Function);
        if (function == 0)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[PackFormat.LongestHash];
        named.CopyHashTo(hash);
        var key = PackKey.Of(hash, function, 1);
        var part = PartOf(key);
        lock (part.Lock)
        {
            var index = part.Find(key, Mix(key), anySize: true);
            entry = index < 0 ? default : part.Entries[index];
            return index >= 0;
        }
    }

    /// <summary>Adds an entry unless its key has one.</summary>
    public bool TryAdd(in PackEntry entry)
    {
        if (!Insert(entry))
        {
            return false;
        }

        Interlocked.Increment(ref _count);
        return true;
    }

    /// <summary>Makes room for so many entries more in one step: without it each part is copied again and again while it grows.</summary>
    public void Reserve(long count)
    {
        // Hashes fall evenly; an eighth more than a part's share holds nearly all, and the rest grow.
        var share = (count / PartCount) + (count / PartCount / 8) + SmallestPart;
        foreach (var part in _parts)
        {
            lock (part.Lock)
            {
                var needed = (part.Count + share) * 5 / 4;
                if (needed > part.Entries.Length)
                {
                    Resize(part, (int)Math.Min(needed, Array.MaxLength / 2));
                }
            }
        }
    }

    /// <summary>Adds the entries of a list whose keys have none yet, and counts them once.</summary>
    /// <param name="entries">Of one pack; what is none, or of a function that nobody knows, is passed over.</param>
    /// <param name="slot">Of the pack now.</param>
    /// <param name="covered">No record ends behind this.</param>
    /// <returns>Bytes of the records that were added.</returns>
    public long AddAll(ReadOnlySpan<PackEntry> entries, ushort slot, long covered)
    {
        var (added, bytes) = (0, 0L);
        foreach (ref readonly var listed in entries)
        {
            if (listed.IsNone || PackFormat.FunctionOf(listed.Key.Function) is null || listed.Offset + listed.RecordBytes > covered)
            {
                continue;
            }

            var entry = listed;
            entry.Slot = slot;
            if (Insert(entry))
            {
                added++;
                bytes += entry.RecordBytes;
            }
        }

        Interlocked.Add(ref _count, added);
        return bytes;
    }

    /// <summary>Removes the entry that is the same still: at that place and, where it says so, not used since.</summary>
    public bool TryRemove(in PackEntry entry, bool evenIfUsedSince)
    {
        var key = entry.Key;
        var part = PartOf(key);
        lock (part.Lock)
        {
            var index = part.Find(key, Mix(key));
            if (index < 0 || !part.Entries[index].IsAt(entry.Slot, entry.Offset)
                || (!evenIfUsedSince && part.Entries[index].UsedAt != entry.UsedAt))
            {
                return false;
            }

            RemoveAt(part, index);
        }

        Interlocked.Decrement(ref _count);
        return true;
    }

    /// <summary>Says that a record is elsewhere now; false when the entry has gone or is of another place.</summary>
    public bool TryMove(in PackEntry entry, int slot, long offset)
    {
        var key = entry.Key;
        var part = PartOf(key);
        lock (part.Lock)
        {
            var index = part.Find(key, Mix(key));
            if (index < 0 || !part.Entries[index].IsAt(entry.Slot, entry.Offset))
            {
                return false;
            }

            part.Entries[index].MoveTo(slot, offset);
            return true;
        }
    }

    /// <summary>Looks at every entry, a part at a time under its lock.</summary>
    public void ForEach(PackEntryAction action)
    {
        foreach (var part in _parts)
        {
            lock (part.Lock)
            {
                foreach (ref readonly var entry in part.Entries.AsSpan())
                {
                    if (!entry.IsNone)
                    {
                        action(entry);
                    }
                }
            }
        }
    }

    private Part PartOf(in PackKey key) => _parts[key.High >> 56];

    private uint Mix(in PackKey key) => (uint)(((key.High ^ _seed) * 0x9E3779B97F4A7C15) >> 32);

    private bool Insert(in PackEntry entry)
    {
        var key = entry.Key;
        var part = PartOf(key);
        lock (part.Lock)
        {
            if (part.Find(key, Mix(key)) >= 0)
            {
                return false;
            }

            if ((part.Count + 1) * 5 > part.Entries.Length * 4)
            {
                Resize(part, Math.Max(SmallestPart, part.Entries.Length + (part.Entries.Length / 2)));
            }

            part.Insert(entry, Mix(key));
            return true;
        }
    }

    private void Resize(Part part, int length)
    {
        var old = part.Entries;
        part.Entries = new PackEntry[length];
        part.Count = 0;
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (!entry.IsNone)
            {
                part.Insert(entry, Mix(entry.Key));
            }
        }
    }

    // What follows without a gap moves back, so that no search ends before what it looks for.
    private void RemoveAt(Part part, int index)
    {
        var entries = part.Entries;
        var hole = index;
        for (var next = part.After(hole); !entries[next].IsNone; next = part.After(next))
        {
            var home = part.Home(Mix(entries[next].Key));
            var stays = hole <= next ? home > hole && home <= next : home > hole || home <= next;
            if (!stays)
            {
                entries[hole] = entries[next];
                hole = next;
            }
        }

        entries[hole] = default;
        part.Count--;
    }

    private sealed class Part
    {
        public readonly Lock Lock = new();

        public PackEntry[] Entries = new PackEntry[SmallestPart];

        public int Count;

        public int Home(uint mixed) => (int)(((ulong)mixed * (ulong)Entries.Length) >> 32);

        public int After(int index) => index + 1 == Entries.Length ? 0 : index + 1;

        public int Find(in PackKey key, uint mixed, bool anySize = false)
        {
            for (var index = Home(mixed); !Entries[index].IsNone; index = After(index))
            {
                var found = Entries[index].Key;
                if (found == key || (anySize && found with { Size = key.Size } == key))
                {
                    return index;
                }
            }

            return -1;
        }

        public void Insert(in PackEntry entry, uint mixed)
        {
            var index = Home(mixed);
            while (!Entries[index].IsNone)
            {
                index = After(index);
            }

            Entries[index] = entry;
            Count++;
        }
    }
}
