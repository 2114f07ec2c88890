namespace BuildFarm.BlobStore.Packs;

/// <summary>Verification of what nobody reads.</summary>
internal sealed partial class PackedBlobs
{
    /// <summary>Bytes of records; the rest of <see cref="UsedBytes"/> is gaps.</summary>
    public long LiveBytes => _packs.Sum(pack => pack?.LiveBytes ?? 0);

    /// <summary>Numbers of the packs, oldest first.</summary>
    public IReadOnlyList<long> Numbers => [.. _packs.OfType<PackFile>().Select(pack => pack.Number).Order()];

    /// <summary>Compares every blob of one pack with its digest; nothing counts as used by it. A pack that is gone has none.</summary>
    public async ValueTask<ScrubCount> ScrubAsync(long number, ScrubPace pace, CancellationToken cancellationToken)
    {
        var count = default(ScrubCount);
        if (Array.Find(_packs, pack => pack?.Number == number) is not { } pack)
        {
            return count;
        }

        var buffer = new byte[PackFormat.RecordBytes(1, PackFormat.LargestBlob) + PackFormat.LongestHash];
        foreach (var entry in EntriesOf([pack])[pack.Slot].OrderBy(entry => entry.Offset))
        {
            await pace.PayAsync(entry.RecordBytes, cancellationToken);
            var record = buffer.AsMemory(0, entry.RecordBytes);
            if (TryReadRecord(entry, record.Span))
            {
                // Of one that was moved meanwhile nothing is known, and nothing dropped.
                var corrupt = !PackFormat.IsSound(record.Span, entry.Key) && DropCorrupt(entry);
                count += new ScrubCount(1, entry.Key.Size, corrupt ? 1 : 0);
            }
        }

        return count;
    }
}
