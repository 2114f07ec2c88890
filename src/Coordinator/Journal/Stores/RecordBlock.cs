using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace BuildFarm.Coordinator.Journal.Stores;

/// <summary>
/// Records as stores keep them: one after the other, each behind its length and its checksum (four bytes each, little-endian).
/// A checksum covers the one before it too, so that no record can be changed, dropped or moved without a trace.
/// </summary>
internal static class RecordBlock
{
    private const int HeaderLength = 8;

    /// <summary>Adds a record to a block.</summary>
    /// <returns>The chain after it.</returns>
    public static uint Append(IBufferWriter<byte> block, uint chain, ReadOnlySpan<byte> journalRecord)
    {
        chain = Checksum(chain, journalRecord);
        var header = block.GetSpan(HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(header, journalRecord.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], chain);
        block.Advance(HeaderLength);
        block.Write(journalRecord);
        return chain;
    }

    /// <summary>Takes the next record off a block.</summary>
    /// <returns>False when the block is damaged here.</returns>
    public static bool TryTake(ref ReadOnlyMemory<byte> block, ref uint chain, out ReadOnlyMemory<byte> journalRecord)
    {
        journalRecord = default;
        if (block.Length < HeaderLength)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(block.Span);
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(block.Span[4..]);
        if (length < 0 || length > block.Length - HeaderLength)
        {
            return false;
        }

        journalRecord = block.Slice(HeaderLength, length);
        block = block[(HeaderLength + length)..];
        chain = Checksum(chain, journalRecord.Span);
        return chain == expected;
    }

    /// <summary>Bytes of the first record with its header, as the header says; of the header when that is not whole.</summary>
    public static long LengthOfFirst(ReadOnlySpan<byte> bytes) =>
        bytes.Length < HeaderLength ? HeaderLength : HeaderLength + (long)(uint)BinaryPrimitives.ReadInt32LittleEndian(bytes);

    /// <summary>Bytes of the records that are whole.</summary>
    public static int LengthOfWhole(ReadOnlySpan<byte> bytes)
    {
        var whole = 0;
        while (bytes.Length - whole >= HeaderLength && LengthOfFirst(bytes[whole..]) is var length && length <= bytes.Length - whole)
        {
            whole += (int)length;
        }

        return whole;
    }

    /// <summary>CRC-32C over the chain so far, the length and the bytes.</summary>
    private static uint Checksum(uint chain, ReadOnlySpan<byte> bytes)
    {
        var sum = BitOperations.Crc32C(~chain, (ulong)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var rest in bytes)
        {
            sum = BitOperations.Crc32C(sum, rest);
        }

        return ~sum;
    }
}
