using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BuildFarm.Digests.Hashing;

/// <summary>BLAKE3 in its hash mode with 32 bytes of output, as its paper specifies it. Eight chunks go side by side where the machine can.</summary>
internal readonly struct Blake3 : IChunkTree
{
    public const int BlockBytes = 64;
    public const uint ChunkStart = 1;
    public const uint ChunkEnd = 2;
    public const uint ParentNode = 4;
    private const uint Root = 8;
    private const int Rounds = 7;

    private static ReadOnlySpan<uint> Initial =>
        [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

    /// <summary>The first half of the initial words stands in every block's state, the second only begins a chain.</summary>
    public static ReadOnlySpan<uint> InitialWords => Initial;

    /// <summary>Which message words each round takes: the permutation of the paper, applied again and again.</summary>
    public static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    public static void Leaf(ReadOnlySpan<byte> chunk, ulong index, bool isRoot, Span<byte> value)
    {
        Span<uint> chain = stackalloc uint[8];
        Initial.CopyTo(chain);
        Span<byte> last = stackalloc byte[BlockBytes];
        var flags = ChunkStart;
        while (chunk.Length > BlockBytes)
        {
            Compress(chain, chunk[..BlockBytes], index, BlockBytes, flags);
            chunk = chunk[BlockBytes..];
            flags = 0;
        }

        last.Clear();
        chunk.CopyTo(last);
        Compress(chain, last, index, (uint)chunk.Length, flags | ChunkEnd | (isRoot ? Root : 0));
        Write(chain, value);
    }

    public static void Parent(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, bool isRoot, Span<byte> value)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        left[..ChunkTree.ValueBytes].CopyTo(block);
        right[..ChunkTree.ValueBytes].CopyTo(block[ChunkTree.ValueBytes..]);
        Span<uint> chain = stackalloc uint[8];
        Initial.CopyTo(chain);
        Compress(chain, block, 0, BlockBytes, ParentNode | (isRoot ? Root : 0));
        Write(chain, value);
    }

    public static void Wide(ReadOnlySpan<byte> chunks, ulong firstIndex, Span<byte> value)
    {
        Span<byte> values = stackalloc byte[ChunkTree.WideChunks * ChunkTree.ValueBytes];
        if (Blake3Lanes.IsSupported)
        {
            Blake3Lanes.HashChunks(chunks, firstIndex, values);
        }
        else
        {
            for (var i = 0; i < ChunkTree.WideChunks; i++)
                Leaf(chunks.Slice(i * ChunkTree.ChunkBytes, ChunkTree.ChunkBytes), firstIndex + (ulong)i, isRoot: false, ValueAt(values, i));
        }

        for (var count = ChunkTree.WideChunks / 2; count > 0; count /= 2)
        {
            for (var i = 0; i < count; i++)
                Parent(ValueAt(values, 2 * i), ValueAt(values, (2 * i) + 1), isRoot: false, ValueAt(values, i));
        }

        ValueAt(values, 0).CopyTo(value);
    }

    private static Span<byte> ValueAt(Span<byte> values, int index) => values.Slice(index * ChunkTree.ValueBytes, ChunkTree.ValueBytes);

    private static void Write(ReadOnlySpan<uint> chain, Span<byte> value)
    {
        for (var i = 0; i < chain.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(value[(i * 4)..], chain[i]);
    }

    /// <summary>One block into the chain. The state's four rows are vectors: a step on columns, then one on diagonals, by turning the rows.</summary>
    private static void Compress(Span<uint> chain, ReadOnlySpan<byte> block, ulong counter, uint length, uint flags)
    {
        Span<uint> words = stackalloc uint[16];
        MemoryMarshal.Cast<byte, uint>(block).CopyTo(words);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(words, words);
        ref var m = ref MemoryMarshal.GetReference(words);
        ref var s = ref MemoryMarshal.GetReference(Schedule);
        var a = Vector128.Create<uint>(chain[..4]);
        var b = Vector128.Create<uint>(chain[4..]);
        var c = Vector128.Create<uint>(Initial[..4]);
        var d = Vector128.Create((uint)counter, (uint)(counter >> 32), length, flags);
        for (var round = 0; round < Rounds; round++, s = ref Unsafe.Add(ref s, 16))
        {
            Half(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 0), Gather(ref m, ref s, 1));
            b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
            Half(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 8), Gather(ref m, ref s, 9));
            b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
        }

        (a ^ c).CopyTo(chain);
        (b ^ d).CopyTo(chain[4..]);
    }

    /// <summary>Every second word of the round's schedule, from <paramref name="first"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Gather(ref uint m, ref byte s, int first) => Vector128.Create(
        Unsafe.Add(ref m, (nint)Unsafe.Add(ref s, first)),
        Unsafe.Add(ref m, (nint)Unsafe.Add(ref s, first + 2)),
        Unsafe.Add(ref m, (nint)Unsafe.Add(ref s, first + 4)),
        Unsafe.Add(ref m, (nint)Unsafe.Add(ref s, first + 6)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d, Vector128<uint> x, Vector128<uint> y)
    {
        a = a + b + x;
        d = Turn(d ^ a, 16);
        c += d;
        b = Turn(b ^ c, 12);
        a = a + b + y;
        d = Turn(d ^ a, 8);
        c += d;
        b = Turn(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Turn(Vector128<uint> value, int bits) => (value >>> bits) | (value << (32 - bits));
}
