using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BuildFarm.Cache.Chunks;

/// <summary>
/// The rolling hash of both chunking functions: shifted left by one at each byte, and the byte's number added, so that it is of the last 64 bytes.
/// </summary>
internal static class GearHash
{
    /// <summary>As many bytes as a hash has bits: what came before them is shifted out.</summary>
    public const int WindowBytes = 64;

    /// <summary>One number for each byte. The contract says MD5 of the byte; the reference implementations and its test vectors take the byte 64 times.</summary>
    public static ulong[] Numbers { get; } = MakeNumbers();

    private static ulong[] MakeNumbers()
    {
        const int Repeat = 64;
        var numbers = new ulong[256];
        Span<byte> repeated = stackalloc byte[Repeat];
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        for (var i = 0; i < numbers.Length; i++)
        {
            repeated.Fill((byte)i);
#pragma warning disable CA5351 // It makes numbers that look random, and the contract names it.
            MD5.HashData(repeated, hash);
#pragma warning restore CA5351
            numbers[i] = BinaryPrimitives.ReadUInt64BigEndian(hash);
        }

        return numbers;
    }
}
