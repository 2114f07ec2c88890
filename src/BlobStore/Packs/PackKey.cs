using System.Buffers.Binary;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// What the table knows of a packed blob's digest: 96 bits of the hash, the function and the size. Nobody finds a second blob for
/// those by chance, and the record on the disk has the whole hash, which a read compares.
/// </summary>
/// <param name="High">The first eight bytes of the hash.</param>
/// <param name="Low">The next four.</param>
/// <param name="Function">As <see cref="PackFormat"/> numbers it.</param>
/// <param name="Size">Bytes of content; never 0.</param>
internal readonly record struct PackKey(ulong High, uint Low, byte Function, ushort Size)
{
    /// <summary>The key of a digest; false when blobs of that function or size are not packed.</summary>
    public static bool TryOf(in Digest digest, out PackKey key)
    {
        var function = PackFormat.NumberOf(digest.Function);
        if (function == 0 || digest.SizeBytes is 0 or > PackFormat.LargestBlob)
        {
            key = default;
            return false;
        }

        key = new PackKey(digest.HashStart, (uint)(digest.HashNext >> 32), function, (ushort)digest.SizeBytes);
        return true;
    }

    public static PackKey Of(ReadOnlySpan<byte> hash, byte function, ushort size) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt32BigEndian(hash[8..]), function, size);
}
