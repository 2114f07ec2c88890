namespace BuildFarm.Digests.Hashing;

/// <summary>
/// A hash over a binary tree whose leaves are chunks of 1 KiB (the last may be shorter) and whose left sides are the largest power of two
/// of chunks that leaves something for the right: what BLAKE3 and SHA256TREE have in common. Every node's value has 32 bytes.
/// </summary>
internal interface IChunkTree
{
    /// <summary>The value of one chunk.</summary>
    /// <param name="chunk">At most 1 KiB; empty only when the whole content is.</param>
    /// <param name="index">Of the chunk in the content.</param>
    /// <param name="isRoot">It is the whole content.</param>
    /// <param name="value">32 bytes.</param>
    static abstract void Leaf(ReadOnlySpan<byte> chunk, ulong index, bool isRoot, Span<byte> value);

    /// <summary>The value above two others. <paramref name="value"/> may be one of them.</summary>
    static abstract void Parent(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, bool isRoot, Span<byte> value);

    /// <summary>The value of a tree over <see cref="ChunkTree.WideChunks"/> whole chunks that is not the root.</summary>
    static abstract void Wide(ReadOnlySpan<byte> chunks, ulong firstIndex, Span<byte> value);
}
