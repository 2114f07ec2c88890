using System.Numerics;
using static BuildFarm.Digests.Hashing.ChunkTree;

namespace BuildFarm.Digests.Hashing;

/// <summary>
/// Hashes content that comes in parts by the tree of <see cref="IChunkTree"/>. It keeps one chunk and the values of the complete subtrees
/// on the left, one for each bit of the number of chunks; a subtree is closed only when more content follows, since the root is hashed
/// differently.
/// </summary>
internal sealed class ChunkTreeHash<TTree> : HashState
    where TTree : struct, IChunkTree
{
    // A content has fewer than 2^63 bytes, so fewer than 2^53 chunks.
    private const int Deepest = 54;

    private readonly byte[] _chunk = new byte[ChunkBytes];
    private readonly byte[] _values = new byte[Deepest * ValueBytes];
    private int _buffered;
    private int _depth;
    private ulong _chunks;

    public override void Append(ReadOnlySpan<byte> content)
    {
        Span<byte> value = stackalloc byte[ValueBytes];
        while (!content.IsEmpty)
        {
            if (_buffered == ChunkBytes)
            {
                TTree.Leaf(_chunk, _chunks, isRoot: false, value);
                Push(value, 1);
                _buffered = 0;
            }

            if (_buffered == 0 && content.Length > WideBytes && _chunks % WideChunks == 0)
            {
                TTree.Wide(content[..WideBytes], _chunks, value);
                Push(value, WideChunks);
                content = content[WideBytes..];
                continue;
            }

            var taken = Math.Min(content.Length, ChunkBytes - _buffered);
            content[..taken].CopyTo(_chunk.AsSpan(_buffered));
            _buffered += taken;
            content = content[taken..];
        }
    }

    public override void Finish(Span<byte> hash)
    {
        Span<byte> value = stackalloc byte[ValueBytes];
        TTree.Leaf(_chunk.AsSpan(0, _buffered), _chunks, isRoot: _depth == 0, value);
        while (_depth > 0)
        {
            _depth--;
            TTree.Parent(ValueAt(_depth), value, isRoot: _depth == 0, value);
        }

        value.CopyTo(hash);
        _buffered = 0;
        _chunks = 0;
    }

    /// <summary>Adds the value of a complete subtree of <paramref name="chunks"/> (a power of two), and closes those that it completes.</summary>
    private void Push(Span<byte> value, uint chunks)
    {
        _chunks += chunks;
        var closed = BitOperations.TrailingZeroCount(_chunks) - BitOperations.TrailingZeroCount(chunks);
        for (; closed > 0; closed--)
        {
            _depth--;
            TTree.Parent(ValueAt(_depth), value, isRoot: false, value);
        }

        value.CopyTo(ValueAt(_depth));
        _depth++;
    }

    private Span<byte> ValueAt(int depth) => _values.AsSpan(depth * ValueBytes, ValueBytes);
}
