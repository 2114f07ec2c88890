using System.Numerics;

namespace BuildFarm.Digests.Hashing;

/// <summary>Hashes content that is there as a whole, by the tree of <see cref="IChunkTree"/>.</summary>
internal static class ChunkTree
{
    public const int ChunkBytes = 1024;
    public const int ValueBytes = 32;

    /// <summary>Chunks of a subtree that a function may hash side by side.</summary>
    public const int WideChunks = 8;
    public const int WideBytes = WideChunks * ChunkBytes;

    public static void Hash<TTree>(ReadOnlySpan<byte> content, Span<byte> hash)
        where TTree : struct, IChunkTree => Hash<TTree>(content, 0, isRoot: true, hash);

    private static void Hash<TTree>(ReadOnlySpan<byte> content, ulong firstIndex, bool isRoot, Span<byte> value)
        where TTree : struct, IChunkTree
    {
        if (content.Length <= ChunkBytes)
        {
            TTree.Leaf(content, firstIndex, isRoot, value);
            return;
        }

        if (content.Length == WideBytes && !isRoot)
        {
            TTree.Wide(content, firstIndex, value);
            return;
        }

        Span<byte> sides = stackalloc byte[2 * ValueBytes];
        var left = (int)(BitOperations.RoundUpToPowerOf2((uint)content.Length) / 2);
        Hash<TTree>(content[..left], firstIndex, isRoot: false, sides[..ValueBytes]);
        Hash<TTree>(content[left..], firstIndex + (ulong)(left / ChunkBytes), isRoot: false, sides[ValueBytes..]);
        TTree.Parent(sides[..ValueBytes], sides[ValueBytes..], isRoot, value);
    }
}
