using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Packs;

/// <summary>Whether a blob is here, without its content.</summary>
internal sealed partial class PackedBlobs
{
    /// <summary>Whether it is here; then it counts as used now.</summary>
    public bool Touch(in Digest digest) => Touch(digest, Now());

    /// <summary>Whether it is here, of which this is no use.</summary>
    public bool Holds(in Digest digest) => PackKey.TryOf(digest, out var key) && _table.TryGet(key, 0, out _);

    /// <summary>Adds to <paramref name="others"/> what is not here; the rest counts as used now.</summary>
    public void TouchAll(IReadOnlyCollection<Digest> digests, ref List<Digest>? others)
    {
        // The clock is asked once: the order of use is one of seconds.
        var now = Now();
        if (digests is Digest[] array)
        {
            foreach (ref readonly var digest in array.AsSpan())
            {
                if (!Touch(digest, now))
                {
                    (others ??= []).Add(digest);
                }
            }

            return;
        }

        foreach (var digest in digests)
        {
            if (!Touch(digest, now))
            {
                (others ??= []).Add(digest);
            }
        }
    }

    /// <summary>The digest of the blob with this hash; null when it is not here.</summary>
    public Digest? FindByHash(in Digest named)
    {
        if (!_table.TryFindByHash(named, out var entry))
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[PackFormat.LongestHash];
        named.CopyHashTo(hash);
        return new Digest(named.Function, hash[..named.Function.HashLength], entry.Key.Size);
    }

    private bool Touch(in Digest digest, uint now)
    {
        if (!PackKey.TryOf(digest, out var key) || !_table.TryGet(key, now, out var entry))
        {
            return false;
        }

        _packs[entry.Slot]?.NoteChange();
        return true;
    }
}
