using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>The five bytes before each message: a compressed flag and the payload's length, big-endian.</summary>
public readonly record struct FrameHeader(bool Compressed, int Length)
{
    /// <summary>Bytes that a header takes.</summary>
    public const int Size = 5;

    /// <summary>Writes the header into the first <see cref="Size"/> bytes of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = Compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)Length);
    }

    /// <summary>Reads a header from the first <see cref="Size"/> bytes of <paramref name="source"/> and checks it against the limit.</summary>
    /// <exception cref="RpcException">INTERNAL for a flag that is neither 0 nor 1; RESOURCE_EXHAUSTED for a payload longer than <paramref name="maxLength"/> (null: no limit but 2 GiB).</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source, int? maxLength)
    {
        if (source[0] > 1)
        {
            throw WireError.Broken($"message has the invalid compressed flag {source[0]}");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(source[1..]);
        var limit = maxLength ?? Array.MaxLength - Size;
        if (length > limit)
        {
            throw WireError.ReceivedTooLarge(length, limit);
        }

        return new FrameHeader(source[0] == 1, (int)length);
    }

    /// <summary>
    /// Takes one whole frame off the front of <paramref name="buffer"/>; false, and the buffer unchanged, while more bytes are needed.
    /// The payload is a slice of the buffer, not a copy.
    /// </summary>
    /// <exception cref="RpcException">As <see cref="Read"/>.</exception>
    public static bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, int? maxLength, out FrameHeader header, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < Size)
        {
            header = default;
            return false;
        }

        if (buffer.FirstSpan.Length >= Size)
        {
            header = Read(buffer.FirstSpan, maxLength);
        }
        else
        {
            Span<byte> bytes = stackalloc byte[Size];
            buffer.Slice(0, Size).CopyTo(bytes);
            header = Read(bytes, maxLength);
        }

        if (buffer.Length - Size < header.Length)
        {
            return false;
        }

        payload = buffer.Slice(Size, header.Length);
        buffer = buffer.Slice(payload.End);
        return true;
    }
}
