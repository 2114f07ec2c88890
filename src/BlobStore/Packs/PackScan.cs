namespace BuildFarm.BlobStore.Packs;

/// <summary>Reads the records of a pack that no list covers: after a crash, or where a list is lost.</summary>
internal static class PackScan
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>
    /// Every sound record from an offset on. What is no sound record is stepped over to the next that is one: a record proves itself by
    /// its hash, wherever it stands.
    /// </summary>
    /// <param name="pack">Not written to meanwhile.</param>
    /// <param name="from">Where a record begins, or an earlier end.</param>
    /// <param name="found">Hears key and offset of each.</param>
    /// <returns>Where the last sound record ends: all behind it is torn.</returns>
    public static long Run(PackFile pack, long from, Action<PackKey, long> found)
    {
        var buffer = new byte[ChunkBytes];
        var end = from;
        long start = from;
        while (start < pack.Length)
        {
            var chunk = buffer.AsSpan(0, pack.Read(start, buffer));
            var position = 0;
            var isLast = start + chunk.Length >= pack.Length;
            while (position < chunk.Length)
            {
                var rest = chunk[position..];
                if (!isLast && rest.Length < PackFormat.RecordBytes(1, PackFormat.LargestBlob) + PackFormat.LongestHash)
                {
                    break;
                }

                if (PackFormat.TryReadHeader(rest, out var key) && PackFormat.IsSound(rest, key))
                {
                    found(key, start + position);
                    position += PackFormat.RecordBytes(key.Function, key.Size);
                    end = start + position;
                }
                else
                {
                    position += NextMagic(rest);
                }
            }

            if (position == 0)
            {
                break;
            }

            start += position;
        }

        return end;
    }

    private static int NextMagic(ReadOnlySpan<byte> rest)
    {
        for (var offset = PackFormat.Alignment; offset < rest.Length; offset += PackFormat.Alignment)
        {
            if (rest[offset..].StartsWith(PackFormat.Magic))
            {
                return offset;
            }
        }

        return rest.Length;
    }
}
