using System.Buffers;
using System.Text;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>Reads protobuf's wire format field by field, without copying length-delimited ones.</summary>
internal ref struct WireReader(ReadOnlySequence<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private SequenceReader<byte> _bytes = new(message);
    private int _wireType;

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool TryReadField(out int number)
    {
        number = 0;
        if (_bytes.End)
        {
            return false;
        }

        var tag = ReadRawVarint();
        number = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        return number != 0 ? true : throw Malformed();
    }

    public long ReadVarint() => _wireType == Varint ? (long)ReadRawVarint() : throw Malformed();

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public ReadOnlySequence<byte> ReadBytes()
    {
        if (_wireType != Delimited)
        {
            throw Malformed();
        }

        var length = ReadRawVarint();
        return length <= int.MaxValue && _bytes.TryReadExact((int)length, out var bytes) ? bytes : throw Malformed();
    }

    public void Skip()
    {
        switch (_wireType)
        {
            case Varint:
                ReadRawVarint();
                break;
            case Delimited:
                ReadBytes();
                break;
            case Fixed64 or Fixed32 when _bytes.Remaining >= (_wireType == Fixed64 ? 8 : 4):
                _bytes.Advance(_wireType == Fixed64 ? 8 : 4);
                break;
            default:
                throw Malformed();
        }
    }

    private ulong ReadRawVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!_bytes.TryRead(out var next))
            {
                break;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static InvalidDataException Malformed() => new("A message is cut off or no protobuf.");
}
