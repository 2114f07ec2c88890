using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Coordinator.Journal.Stores.Sqlite;

/// <summary>
/// The end of a journal, in a file of its own, written after each flush. SQLite takes a damaged or missing write-ahead log
/// for the end of what was committed; the mark knows better. It is not synced with each flush: after a power cut it may be
/// behind, which only makes it know less, and never ahead.
/// </summary>
internal sealed class AcknowledgedMark : IDisposable
{
    private const int Length = 16;

    private readonly SafeFileHandle _file;

    private AcknowledgedMark(SafeFileHandle file, JournalPosition? written) => (_file, Written) = (file, written);

    /// <summary>What the file said when it was opened; null when it is new or says nothing sure.</summary>
    public JournalPosition? Written { get; }

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AcknowledgedMark Open(string path)
    {
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        Span<byte> bytes = stackalloc byte[Length];
        var whole = RandomAccess.Read(file, bytes, 0) == Length && BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) == Checksum(bytes);
        return new AcknowledgedMark(
            file,
            whole ? new JournalPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..])) : null);
    }

    /// <summary>Everything up to here is durable.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(JournalPosition end)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, end.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], end.Chain);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Checksum(bytes));
        RandomAccess.Write(_file, bytes, 0);
    }

    public void Dispose()
    {
        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        return BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
    }
}
