using System.Buffers.Binary;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// What a pack holds: records one after the other, each the magic, the function, the size, the whole hash and the content, padded
/// to eight bytes. The digest is the checksum: a record that is torn or damaged does not have the hash that it names.
/// </summary>
internal static class PackFormat
{
    public const int Alignment = 8;

    /// <summary>The largest content a record can have.</summary>
    public const int LargestBlob = ushort.MaxValue;

    /// <summary>The longest hash of any function.</summary>
    public const int LongestHash = DigestFunction.LongestHash;

    /// <summary>The largest a pack can be: what an entry's offset can say.</summary>
    public const long LargestPack = (1L << 24) * Alignment;

    private const int FixedBytes = 8;

    // Numbers as in REAPI's DigestFunction; what is not here is not packed.
    private static readonly DigestFunction?[] Functions =
    [
        null, DigestFunction.Sha256, DigestFunction.Sha1, DigestFunction.Md5, null, DigestFunction.Sha384, DigestFunction.Sha512, null,
        DigestFunction.Sha256Tree, DigestFunction.Blake3,
    ];

    /// <summary>"BFp" and the version of the format.</summary>
    public static ReadOnlySpan<byte> Magic => "BFp\x01"u8;

    /// <summary>The number of a function; 0 when its blobs are not packed.</summary>
    public static byte NumberOf(DigestFunction function) =>
        ReferenceEquals(function, Functions[1]) ? (byte)1 : (byte)Math.Max(0, Array.IndexOf(Functions, function, 1));

    /// <summary>The function of a number; null when there is none.</summary>
    public static DigestFunction? FunctionOf(byte number) => number < Functions.Length ? Functions[number] : null;

    public static int HeaderBytes(byte function) => FixedBytes + Functions[function]!.HashLength;

    public static int RecordBytes(byte function, int size) => (HeaderBytes(function) + size + Alignment - 1) / Alignment * Alignment;

    /// <summary>Writes a whole record; the buffer has its length.</summary>
    public static void Write(in Digest digest, ReadOnlySpan<byte> content, Span<byte> record)
    {
        var function = NumberOf(digest.Function);
        Magic.CopyTo(record);
        record[4] = function;
        record[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], (ushort)content.Length);
        digest.CopyHashTo(record[FixedBytes..]);
        var header = HeaderBytes(function);
        content.CopyTo(record[header..]);
        record[(header + content.Length)..].Clear();
    }

    /// <summary>What a header says; false when there is none.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> record, out PackKey key)
    {
        key = default;
        if (record.Length < FixedBytes || !record.StartsWith(Magic) || FunctionOf(record[4]) is not { } function
            || record.Length < FixedBytes + function.HashLength)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
        key = PackKey.Of(record[FixedBytes..], record[4], size);
        return size > 0;
    }

    /// <summary>The digest of a record whose header has been read.</summary>
    public static Digest DigestOf(ReadOnlySpan<byte> record, in PackKey key)
    {
        var function = Functions[key.Function]!;
        return new Digest(function, record.Slice(FixedBytes, function.HashLength), key.Size);
    }

    /// <summary>The content of a whole record.</summary>
    public static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> record, in PackKey key) =>
        record.Slice(HeaderBytes(key.Function), key.Size);

    /// <summary>Whether the record is that of the key and its content has the hash that it names.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record, in PackKey key, bool hashes = true)
    {
        if (!TryReadHeader(record, out var found) || found != key || record.Length < RecordBytes(key.Function, key.Size))
        {
            return false;
        }

        if (!hashes)
        {
            return true;
        }

        var function = Functions[key.Function]!;
        Span<byte> hash = stackalloc byte[LongestHash];
        hash = hash[..function.HashLength];
        function.Hash(ContentOf(record, key), hash);
        return hash.SequenceEqual(record.Slice(FixedBytes, function.HashLength));
    }
}
