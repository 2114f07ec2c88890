namespace BuildFarm.BlobStore.Packs;

/// <summary>What a verification has read.</summary>
/// <param name="Blobs">Blobs.</param>
/// <param name="Bytes">Their content.</param>
/// <param name="Corrupt">Those that did not match and were dropped.</param>
public readonly record struct ScrubCount(long Blobs, long Bytes, long Corrupt)
{
    /// <summary>Both together.</summary>
    public static ScrubCount operator +(ScrubCount left, ScrubCount right) =>
        new(left.Blobs + right.Blobs, left.Bytes + right.Bytes, left.Corrupt + right.Corrupt);
}
