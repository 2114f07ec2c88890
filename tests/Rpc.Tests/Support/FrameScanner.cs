using System.Buffers.Binary;

namespace BuildFarm.Rpc.Tests.Support;

/// <summary>Tells the frames of one direction of an HTTP/2 connection, however its bytes are cut: type and flags of each, when its header has passed.</summary>
/// <param name="skip">Bytes before the first frame: the client's preface.</param>
/// <param name="onFrame">What to do for each frame.</param>
internal sealed class FrameScanner(int skip, Action<byte, byte> onFrame)
{
    public const int ClientPreface = 24;
    public const int HeaderSize = 9;
    public const byte Headers = 0x1;
    public const byte Settings = 0x4;
    public const byte Ping = 0x6;
    public const byte GoAway = 0x7;
    public const byte Ack = 0x1;

    private readonly byte[] _header = new byte[HeaderSize];
    private int _held;
    private int _skip = skip;

    public void Scan(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var skipped = Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];
            var taken = Math.Min(HeaderSize - _held, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_held));
            bytes = bytes[taken..];
            _held += taken;
            if (_held == HeaderSize)
            {
                _held = 0;
                _skip = BinaryPrimitives.ReadInt32BigEndian(_header) >> 8;
                onFrame(_header[3], _header[4]);
            }
        }
    }
}
