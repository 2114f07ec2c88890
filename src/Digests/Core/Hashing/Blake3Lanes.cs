using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BuildFarm.Digests.Hashing;

/// <summary>Eight whole chunks of BLAKE3 side by side: each vector holds one word of the state of every chunk.</summary>
internal static class Blake3Lanes
{
    private const int Lanes = ChunkTree.WideChunks;
    private const int Blocks = ChunkTree.ChunkBytes / Blake3.BlockBytes;

    /// <summary>The turns and transpositions are AVX2's; elsewhere chunks are hashed one by one.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <param name="chunks">Eight whole chunks, none of them the root.</param>
    /// <param name="firstIndex">Of the first chunk in the content.</param>
    /// <param name="values">Takes the eight values, 32 bytes each.</param>
    public static void HashChunks(ReadOnlySpan<byte> chunks, ulong firstIndex, Span<byte> values)
    {
        ref var source = ref MemoryMarshal.GetReference(chunks[..ChunkTree.WideBytes]);
        Span<Vector256<uint>> chain = stackalloc Vector256<uint>[8];
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[16];
        for (var i = 0; i < chain.Length; i++)
            chain[i] = Vector256.Create(Blake3.InitialWords[i]);
        Span<uint> low = stackalloc uint[Lanes];
        Span<uint> high = stackalloc uint[Lanes];
        for (var i = 0; i < Lanes; i++)
            (low[i], high[i]) = ((uint)(firstIndex + (ulong)i), (uint)((firstIndex + (ulong)i) >> 32));
        var (counterLow, counterHigh) = (Vector256.Create<uint>(low), Vector256.Create<uint>(high));
        for (var block = 0; block < Blocks; block++)
        {
            Load(ref Unsafe.Add(ref source, block * Blake3.BlockBytes), words[..8]);
            Load(ref Unsafe.Add(ref source, (block * Blake3.BlockBytes) + 32), words[8..]);
            var flags = block == 0 ? Blake3.ChunkStart : block == Blocks - 1 ? Blake3.ChunkEnd : 0;
            Compress(chain, words, counterLow, counterHigh, flags);
        }

        Transpose(chain);
        MemoryMarshal.AsBytes(chain).CopyTo(values);
    }

    /// <summary>Half a block of every chunk, so that each vector gets one word of all of them.</summary>
    private static void Load(ref byte source, Span<Vector256<uint>> words)
    {
        for (var lane = 0; lane < Lanes; lane++)
            words[lane] = Unsafe.ReadUnaligned<Vector256<uint>>(ref Unsafe.Add(ref source, lane * ChunkTree.ChunkBytes));
        Transpose(words);
    }

    private static void Compress(
        Span<Vector256<uint>> chain, Span<Vector256<uint>> words, Vector256<uint> counterLow, Vector256<uint> counterHigh, uint flags)
    {
        ref var m = ref MemoryMarshal.GetReference(words);
        var initial = Blake3.InitialWords;
        var (v0, v1, v2, v3) = (chain[0], chain[1], chain[2], chain[3]);
        var (v4, v5, v6, v7) = (chain[4], chain[5], chain[6], chain[7]);
        var (v8, v9) = (Vector256.Create(initial[0]), Vector256.Create(initial[1]));
        var (v10, v11) = (Vector256.Create(initial[2]), Vector256.Create(initial[3]));
        var (v12, v13) = (counterLow, counterHigh);
        var (v14, v15) = (Vector256.Create((uint)Blake3.BlockBytes), Vector256.Create(flags));
        ref var schedule = ref MemoryMarshal.GetReference(Blake3.Schedule);
        for (var round = 0; round < 7; round++, schedule = ref Unsafe.Add(ref schedule, 16))
        {
            Mix(ref v0, ref v4, ref v8, ref v12, ref m, ref schedule, 0);
            Mix(ref v1, ref v5, ref v9, ref v13, ref m, ref schedule, 2);
            Mix(ref v2, ref v6, ref v10, ref v14, ref m, ref schedule, 4);
            Mix(ref v3, ref v7, ref v11, ref v15, ref m, ref schedule, 6);
            Mix(ref v0, ref v5, ref v10, ref v15, ref m, ref schedule, 8);
            Mix(ref v1, ref v6, ref v11, ref v12, ref m, ref schedule, 10);
            Mix(ref v2, ref v7, ref v8, ref v13, ref m, ref schedule, 12);
            Mix(ref v3, ref v4, ref v9, ref v14, ref m, ref schedule, 14);
        }

        (chain[0], chain[1], chain[2], chain[3]) = (v0 ^ v8, v1 ^ v9, v2 ^ v10, v3 ^ v11);
        (chain[4], chain[5], chain[6], chain[7]) = (v4 ^ v12, v5 ^ v13, v6 ^ v14, v7 ^ v15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d, ref Vector256<uint> m, ref byte schedule, int at)
    {
        a = a + b + Unsafe.Add(ref m, (nint)Unsafe.Add(ref schedule, at));
        d = TurnBytes(d ^ a, Vector256.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
        c += d;
        b = Turn(b ^ c, 12);
        a = a + b + Unsafe.Add(ref m, (nint)Unsafe.Add(ref schedule, at + 1));
        d = TurnBytes(d ^ a, Vector256.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
        c += d;
        b = Turn(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> TurnBytes(Vector256<uint> value, Vector256<byte> order) => Avx2.Shuffle(value.AsByte(), order).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Turn(Vector256<uint> value, [ConstantExpected] byte bits) => Avx512F.VL.IsSupported
        ? Avx512F.VL.RotateRight(value, bits)
        : (value >>> bits) | (value << (32 - bits));

    /// <summary>Turns eight rows of eight words into eight columns.</summary>
    private static void Transpose(Span<Vector256<uint>> rows)
    {
        var (a0, a1) = (Avx2.UnpackLow(rows[0], rows[1]).AsUInt64(), Avx2.UnpackHigh(rows[0], rows[1]).AsUInt64());
        var (a2, a3) = (Avx2.UnpackLow(rows[2], rows[3]).AsUInt64(), Avx2.UnpackHigh(rows[2], rows[3]).AsUInt64());
        var (a4, a5) = (Avx2.UnpackLow(rows[4], rows[5]).AsUInt64(), Avx2.UnpackHigh(rows[4], rows[5]).AsUInt64());
        var (a6, a7) = (Avx2.UnpackLow(rows[6], rows[7]).AsUInt64(), Avx2.UnpackHigh(rows[6], rows[7]).AsUInt64());
        var (b0, b1) = (Avx2.UnpackLow(a0, a2), Avx2.UnpackHigh(a0, a2));
        var (b2, b3) = (Avx2.UnpackLow(a1, a3), Avx2.UnpackHigh(a1, a3));
        var (b4, b5) = (Avx2.UnpackLow(a4, a6), Avx2.UnpackHigh(a4, a6));
        var (b6, b7) = (Avx2.UnpackLow(a5, a7), Avx2.UnpackHigh(a5, a7));
        const byte LowHalves = 0x20;
        const byte HighHalves = 0x31;
        rows[0] = Avx2.Permute2x128(b0, b4, LowHalves).AsUInt32();
        rows[1] = Avx2.Permute2x128(b1, b5, LowHalves).AsUInt32();
        rows[2] = Avx2.Permute2x128(b2, b6, LowHalves).AsUInt32();
        rows[3] = Avx2.Permute2x128(b3, b7, LowHalves).AsUInt32();
        rows[4] = Avx2.Permute2x128(b0, b4, HighHalves).AsUInt32();
        rows[5] = Avx2.Permute2x128(b1, b5, HighHalves).AsUInt32();
        rows[6] = Avx2.Permute2x128(b2, b6, HighHalves).AsUInt32();
        rows[7] = Avx2.Permute2x128(b3, b7, HighHalves).AsUInt32();
    }
}
