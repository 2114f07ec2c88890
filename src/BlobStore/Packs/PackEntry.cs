using System.Runtime.InteropServices;

namespace BuildFarm.BlobStore.Packs;

/// <summary>One packed blob in memory, and in a list on the disk: 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PackEntry
{
    public const int Bytes = 24;
    private const int OffsetBits = 24;
    private const uint OffsetMask = (1u << OffsetBits) - 1;

    private readonly ulong _high;
    private readonly uint _low;
    private uint _usedAt;
    private uint _place;
    private ushort _slot;
    private readonly ushort _size;

    public PackEntry(in PackKey key, int slot, long offset, uint usedAt)
    {
        _high = key.High;
        _low = key.Low;
        _size = key.Size;
        _usedAt = usedAt;
        _slot = (ushort)slot;
        _place = ((uint)key.Function << OffsetBits) | (uint)(offset / PackFormat.Alignment);
    }

    public readonly PackKey Key => new(_high, _low, (byte)(_place >> OffsetBits), _size);

    /// <summary>Where its record begins in its pack.</summary>
    public readonly long Offset => (_place & OffsetMask) * (long)PackFormat.Alignment;

    /// <summary>Bytes of its record.</summary>
    public readonly int RecordBytes => PackFormat.RecordBytes((byte)(_place >> OffsetBits), _size);

    /// <summary>Index of its pack among the open ones. A list on the disk says nothing by it.</summary>
    public ushort Slot
    {
        readonly get => _slot;
        set => _slot = value;
    }

    /// <summary>Unix seconds of the last use.</summary>
    public uint UsedAt
    {
        readonly get => _usedAt;
        set => _usedAt = value;
    }

    public readonly bool IsNone => _size == 0;

    public readonly bool IsAt(int slot, long offset) => _slot == slot && Offset == offset;

    public void MoveTo(int slot, long offset)
    {
        _slot = (ushort)slot;
        _place = (_place & ~OffsetMask) | (uint)(offset / PackFormat.Alignment);
    }
}
