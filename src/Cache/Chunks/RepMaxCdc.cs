using System.Runtime.InteropServices;

namespace BuildFarm.Cache.Chunks;

/// <summary>
/// Cuts content by RepMaxCDC, as the contract defines it and buildbarn/go-cdc implements it: a chunk ends where the gear hash is largest, of the
/// places from the smallest size to the horizon behind it; where that would make it twice the smallest size or more, the search is repeated over the
/// places that leave the one found room for a chunk before it. Every chunk has from the smallest size to just below twice of it. Of one blob.
/// </summary>
/// <param name="minBytes">64 or more.</param>
/// <param name="horizonBytes">How far behind the smallest size a place may lie that is looked at.</param>
internal sealed class RepMaxCdc(int minBytes, int horizonBytes) : IChunkCutter
{
    // From the first place on, each whose hash is larger than all before it. Whatever bound a search has, the last of them within it is what it
    // finds, so each byte is hashed once and searches look at these few.
    private readonly List<Place> _rising = [];

    // How far the content has been hashed, and the hash there; 0 before the first place.
    private int _hashed;
    private ulong _hash;

    /// <inheritdoc />
    public int CutsFrom => 2 * minBytes;

    /// <inheritdoc />
    public int LooksAhead => (2 * minBytes) + horizonBytes;

    /// <inheritdoc />
    public int Cut(ReadOnlySpan<byte> content)
    {
        if (content.Length < CutsFrom)
        {
            return content.Length;
        }

        // Behind the last place there is enough for another chunk.
        HashTo(content, Math.Min(content.Length, LooksAhead) - minBytes);
        var length = _rising[Search()].End;
        MoveOn(content[length..], length);
        return length;
    }

    private static void AddIfLarger(List<Place> rising, int end, ulong hash)
    {
        if (rising.Count == 0 || hash > rising[^1].Hash)
        {
            rising.Add(new Place(end, hash));
        }
    }

    private void HashTo(ReadOnlySpan<byte> content, int last)
    {
        if (_hashed == 0)
        {
            _hash = First(content, _rising);
            _hashed = minBytes;
        }

        _hash = Hash(content[_hashed..last], _hash, _hashed, _rising);
        _hashed = last;
    }

    /// <summary>The hash at the first place, which needs no bytes but the last of the window.</summary>
    private ulong First(ReadOnlySpan<byte> content, List<Place> rising)
    {
        var hash = 0UL;
        foreach (var one in content[(minBytes - GearHash.WindowBytes)..minBytes])
        {
            hash = (hash << 1) + GearHash.Numbers[one];
        }

        AddIfLarger(rising, minBytes, hash);
        return hash;
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes, ulong hash, int at, List<Place> rising)
    {
        var gear = GearHash.Numbers;
        var largest = rising[^1].Hash;
        for (var i = 0; i < bytes.Length; i++)
        {
            hash = (hash << 1) + gear[bytes[i]];
            if (hash > largest)
            {
                largest = hash;
                rising.Add(new Place(at + i + 1, hash));
            }
        }

        return hash;
    }

    /// <summary>The place where this chunk ends: the largest, or the largest that leaves a chunk's room before the one found, and so on.</summary>
    private int Search()
    {
        var found = _rising.Count - 1;
        while (_rising[found].End >= CutsFrom)
        {
            var bound = _rising[found].End - minBytes;
            do
            {
                found--;
            }
            while (_rising[found].End > bound);
        }

        return found;
    }

    /// <summary>Keeps what holds for the next chunk too. Places that were smaller than one before them may rise now that that one is gone.</summary>
    private void MoveOn(ReadOnlySpan<byte> rest, int length)
    {
        var kept = _rising.FindIndex(place => place.End - length >= minBytes);
        if (kept < 0)
        {
            _rising.Clear();
            (_hashed, _hash) = (0, 0);
            return;
        }

        var still = CollectionsMarshal.AsSpan(_rising)[kept..].ToArray();
        _rising.Clear();
        _hashed -= length;
        var first = still[0].End - length;
        if (first > minBytes)
        {
            var hash = First(rest, _rising);
            Hash(rest[minBytes..(first - 1)], hash, minBytes, _rising);
        }

        _rising.AddRange(still.Select(place => place with { End = place.End - length }));
    }

    /// <summary>Where a chunk may end, counted from its start, and the hash of the bytes before.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(int End, ulong Hash);
}
