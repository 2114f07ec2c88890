using System.Buffers;
using System.Text;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>
/// The wire form of ByteStream's bulk messages (field numbers of google/bytestream/bytestream.proto), straight between a
/// blob's buffer and the transport's.
/// </summary>
public static class ChunkMarshallers
{
    private const int ResourceNameField = 1;
    private const int WriteOffsetField = 2;
    private const int FinishWriteField = 3;
    private const int DataField = 10;
    private const byte ResourceNameTag = (ResourceNameField << 3) | 2;
    private const byte WriteOffsetTag = WriteOffsetField << 3;
    private const byte FinishWriteTag = FinishWriteField << 3;
    private const byte DataTag = (DataField << 3) | 2;

    /// <summary>ReadResponse.</summary>
    public static Marshaller<ReadChunk> ReadChunk { get; } = Marshallers.Create<ReadChunk>(Write, ReadReadChunk);

    /// <summary>WriteRequest.</summary>
    public static Marshaller<WriteChunk> WriteChunk { get; } = Marshallers.Create<WriteChunk>(Write, ReadWriteChunk);

    private static void Write(ReadChunk message, SerializationContext context)
    {
        var data = message.Data.Span;
        var dataHeader = DataHeaderSize(data.Length);
        context.SetPayloadLength(dataHeader + data.Length);
        var output = context.GetBufferWriter();
        WriteData(output, output.GetSpan(Math.Max(dataHeader, 1)), default, data);
        context.Complete();
    }

    private static void Write(WriteChunk message, SerializationContext context)
    {
        var data = message.Data.Span;
        var nameBytes = Encoding.UTF8.GetByteCount(message.ResourceName);
        var header = nameBytes == 0 ? 0 : 1 + WireWriter.SizeOfVarint((ulong)nameBytes) + nameBytes;
        header += message.WriteOffset == 0 ? 0 : 1 + WireWriter.SizeOfVarint((ulong)message.WriteOffset);
        header += message.FinishWrite ? 2 : 0;
        var dataHeader = DataHeaderSize(data.Length);
        context.SetPayloadLength(header + dataHeader + data.Length);
        var output = context.GetBufferWriter();
        var span = output.GetSpan(Math.Max(header + dataHeader, 1));
        var fields = new WireWriter(span);
        if (nameBytes != 0)
        {
            fields.Varint(ResourceNameTag);
            fields.Text(message.ResourceName, nameBytes);
        }

        if (message.WriteOffset != 0)
        {
            fields.Varint(WriteOffsetTag);
            fields.Varint((ulong)message.WriteOffset);
        }

        if (message.FinishWrite)
        {
            fields.Varint(FinishWriteTag);
            fields.Varint(1);
        }

        WriteData(output, span, fields, data);
        context.Complete();
    }

    private static int DataHeaderSize(int length) => length == 0 ? 0 : 1 + WireWriter.SizeOfVarint((ulong)length);

    private static void WriteData(IBufferWriter<byte> output, Span<byte> span, WireWriter fields, ReadOnlySpan<byte> data)
    {
        var tail = new WireWriter(span[fields.Written..]);
        if (data.IsEmpty)
        {
            output.Advance(fields.Written);
            return;
        }

        tail.Varint(DataTag);
        tail.Varint((ulong)data.Length);
        output.Advance(fields.Written + tail.Written);
        output.Write(data);
    }

    private static ReadChunk ReadReadChunk(DeserializationContext context)
    {
        var rented = PooledPayload.Rent(context, out var length);
        try
        {
            var data = default(Range);
            for (var fields = new WireReader(rented.AsSpan(0, length)); fields.MoveNext();)
            {
                if (fields is { Number: DataField, Type: WireType.Bytes })
                {
                    data = fields.Range;
                }
            }

            return Wire.ReadChunk.Received(rented, data);
        }
        catch (InvalidDataException)
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    private static WriteChunk ReadWriteChunk(DeserializationContext context)
    {
        var rented = PooledPayload.Rent(context, out var length);
        try
        {
            var (resourceName, writeOffset, finishWrite, data) = ("", 0L, false, default(Range));
            for (var fields = new WireReader(rented.AsSpan(0, length)); fields.MoveNext();)
            {
                switch (fields.Number, fields.Type)
                {
                    case (ResourceNameField, WireType.Bytes):
                        resourceName = Encoding.UTF8.GetString(fields.Bytes);
                        break;
                    case (WriteOffsetField, WireType.Number):
                        writeOffset = (long)fields.Value;
                        break;
                    case (FinishWriteField, WireType.Number):
                        finishWrite = fields.Value != 0;
                        break;
                    case (DataField, WireType.Bytes):
                        data = fields.Range;
                        break;
                    default:
                        break;
                }
            }

            return Wire.WriteChunk.Received(resourceName, writeOffset, finishWrite, rented, data);
        }
        catch (InvalidDataException)
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }
}
