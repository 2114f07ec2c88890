using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// The entries of one pack beside it, so that a start reads 24 bytes a blob and not the blobs. It covers the pack up to some
/// offset; what was appended later is found by reading the pack itself. Replaced in one step; a damaged one counts as none.
/// </summary>
internal static class PackList
{
    private const int HeaderBytes = 16;

    // The entries are as this machine's memory has them, which the version says too.
    private static ReadOnlySpan<byte> Magic => BitConverter.IsLittleEndian ? "BFl\x01"u8 : "BFL\x01"u8;

    /// <summary>Writes the list of a pack.</summary>
    /// <param name="temporaryPath">A path in the same file system.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="covered">Up to where the entries are all that the pack has.</param>
    /// <param name="entries">In any order.</param>
    public static void Write(string temporaryPath, string path, long covered, ReadOnlySpan<PackEntry> entries)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], entries.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], covered);
        var bytes = MemoryMarshal.AsBytes(entries);
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            hash.AppendData(header);
            hash.AppendData(bytes);
            Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
            hash.GetHashAndReset(sum);
            using var file = File.OpenHandle(temporaryPath, FileMode.Create, FileAccess.Write);
            RandomAccess.Write(file, header, 0);
            RandomAccess.Write(file, bytes, HeaderBytes);
            RandomAccess.Write(file, sum, HeaderBytes + bytes.Length);
        }

        File.Move(temporaryPath, path, overwrite: true);
    }

    /// <summary>Entries that lists of so many bytes together have.</summary>
    public static long CountOf(long bytes) => bytes / PackEntry.Bytes;

    /// <summary>The entries of a list; null when there is none, or it is damaged.</summary>
    public static PackEntry[]? Read(string path, out long covered)
    {
        covered = 0;
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header.StartsWith(Magic))
            {
                return null;
            }

            var count = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
            if (count < 0 || RandomAccess.GetLength(file) != HeaderBytes + ((long)count * PackEntry.Bytes) + SHA256.HashSizeInBytes)
            {
                return null;
            }

            var entries = GC.AllocateUninitializedArray<PackEntry>(count);
            var bytes = MemoryMarshal.AsBytes(entries.AsSpan());
            Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
            if (!TryFill(file, bytes, HeaderBytes) || !TryFill(file, sum, HeaderBytes + bytes.Length) || !IsSumOf(header, bytes, sum))
            {
                return null;
            }

            covered = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
            return entries;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static bool TryFill(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
            {
                return false;
            }

            bytes = bytes[read..];
            offset += read;
        }

        return true;
    }

    private static bool IsSumOf(ReadOnlySpan<byte> header, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> sum)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        hash.AppendData(bytes);
        Span<byte> found = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(found);
        return found.SequenceEqual(sum);
    }
}
