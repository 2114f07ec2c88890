using System.Text;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>Writes protobuf's wire format for the few fields that ByteStream's messages have.</summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Written { get; private set; }

    public static int SizeOfVarint(ulong value)
    {
        var size = 1;
        while ((value >>= 7) != 0)
        {
            size++;
        }

        return size;
    }

    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _destination[Written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _destination[Written++] = (byte)value;
    }

    public void Text(string value, int byteCount)
    {
        Varint((ulong)byteCount);
        Written += Encoding.UTF8.GetBytes(value, _destination[Written..]);
    }
}
