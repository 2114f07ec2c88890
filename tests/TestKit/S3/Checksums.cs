using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BuildFarm.TestKit.S3;

/// <summary>The checksums that a client of S3 may send with a body, as base64.</summary>
public static class Checksums
{
    private static readonly uint[] Crc32Table = MakeTable(0xEDB88320);
    private static readonly uint[] Crc32CTable = MakeTable(0x82F63B78);

    /// <param name="header">Such as <c>x-amz-checksum-crc32</c>.</param>
    /// <param name="content">The body as decoded.</param>
    public static string Of(string header, ReadOnlySpan<byte> content) => header switch
    {
        "x-amz-checksum-sha256" => Convert.ToBase64String(SHA256.HashData(content)),
        "x-amz-checksum-crc32" => Crc(Crc32Table, content),
        "x-amz-checksum-crc32c" => Crc(Crc32CTable, content),
        _ => throw new S3RefusalException(400, "InvalidRequest", $"The tests' S3 cannot compute {header}."),
    };

    private static string Crc(uint[] table, ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc = table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~crc);
        return Convert.ToBase64String(bytes);
    }

    private static uint[] MakeTable(uint polynomial)
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var entry = i;
            for (var bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) != 0 ? (entry >> 1) ^ polynomial : entry >> 1;
            }

            table[i] = entry;
        }

        return table;
    }
}
