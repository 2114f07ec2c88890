namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>Reads protobuf's wire format: the fields of a message, one after the other, as slices of its bytes.</summary>
/// <param name="message">All of it.</param>
public ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int LongestVarint = 10;

    private readonly int _length = message.Length;
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the current field.</summary>
    public int Number { get; private set; }

    /// <summary>What it holds when it is a number.</summary>
    public ulong Value { get; private set; }

    /// <summary>What it holds when it is text, bytes or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where <see cref="Bytes"/> are in the message.</summary>
    public readonly Range Range => (_length - _rest.Length - Bytes.Length)..(_length - _rest.Length);

    /// <summary>How it is written.</summary>
    public WireType Type { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">It is cut off, or no protobuf.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        Type = (WireType)(tag & 7);
        Number = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Malformed();
        switch (Type)
        {
            case WireType.Number:
                Value = ReadVarint();
                break;
            case WireType.Bytes:
                Bytes = Take(ReadVarint());
                break;
            case WireType.Fixed64:
                Take(8);
                break;
            case WireType.Fixed32:
                Take(4);
                break;
            default:
                throw Malformed();
        }

        return true;
    }

    private static InvalidDataException Malformed() => new("A message is cut off, or no protobuf.");

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw Malformed();
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong ReadVarint()
    {
        if (!_rest.IsEmpty && _rest[0] < 0x80)
        {
            ulong only = _rest[0];
            _rest = _rest[1..];
            return only;
        }

        ulong value = 0;
        for (var i = 0; i < LongestVarint && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Malformed();
    }
}
