using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace BuildFarm.Digests.Hashing;

/// <summary>
/// SHA256TREE as the Remote Execution API defines it: chunks are hashed with SHA-256, and two values become one by a single call of its
/// block cipher with a key schedule of 64 bytes and other initial words, without the addition at the end.
/// </summary>
internal readonly struct Sha256Tree : IChunkTree
{
    // FIPS 180-4, 4.2.2.
    private static readonly uint[] Constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    public static void Leaf(ReadOnlySpan<byte> chunk, ulong index, bool isRoot, Span<byte> value) => SHA256.HashData(chunk, value);

    public static void Parent(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, bool isRoot, Span<byte> value)
    {
        Span<uint> words = stackalloc uint[64];
        for (var i = 0; i < 8; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(left[(i * 4)..]);
            words[i + 8] = BinaryPrimitives.ReadUInt32BigEndian(right[(i * 4)..]);
        }

        for (var i = 16; i < 64; i++)
        {
            var (w2, w15) = (words[i - 2], words[i - 15]);
            words[i] = words[i - 16] + words[i - 7]
                + (BitOperations.RotateRight(w15, 7) ^ BitOperations.RotateRight(w15, 18) ^ (w15 >> 3))
                + (BitOperations.RotateRight(w2, 17) ^ BitOperations.RotateRight(w2, 19) ^ (w2 >> 10));
        }

        // The roots of the 9th to the 16th prime, so that no small content has the hash of a large one.
        uint a = 0xcbbb9d5d, b = 0x629a292a, c = 0x9159015a, d = 0x152fecd8, e = 0x67332667, f = 0x8eb44a87, g = 0xdb0c2e0d, h = 0x47b5481d;
        for (var i = 0; i < 64; i++)
        {
            var t1 = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + Constants[i] + words[i];
            var t2 = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }

        ReadOnlySpan<uint> state = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < 8; i++)
            BinaryPrimitives.WriteUInt32BigEndian(value[(i * 4)..], state[i]);
    }

    public static void Wide(ReadOnlySpan<byte> chunks, ulong firstIndex, Span<byte> value)
    {
        Span<byte> values = stackalloc byte[ChunkTree.WideChunks * ChunkTree.ValueBytes];
        for (var i = 0; i < ChunkTree.WideChunks; i++)
            Leaf(chunks.Slice(i * ChunkTree.ChunkBytes, ChunkTree.ChunkBytes), 0, isRoot: false, ValueAt(values, i));
        for (var count = ChunkTree.WideChunks / 2; count > 0; count /= 2)
        {
            for (var i = 0; i < count; i++)
                Parent(ValueAt(values, 2 * i), ValueAt(values, (2 * i) + 1), isRoot: false, ValueAt(values, i));
        }

        ValueAt(values, 0).CopyTo(value);
    }

    private static Span<byte> ValueAt(Span<byte> values, int index) => values.Slice(index * ChunkTree.ValueBytes, ChunkTree.ValueBytes);
}
