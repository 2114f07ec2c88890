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
        var reader = new WireReader(context.PayloadAsReadOnlySequence());
        var data = ReadOnlySequence<byte>.Empty;
        while (reader.TryReadField(out var number))
        {
            if (number == DataField)
            {
                data = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }

        return Wire.ReadChunk.CopyOf(data);
    }

    private static WriteChunk ReadWriteChunk(DeserializationContext context)
    {
        var reader = new WireReader(context.PayloadAsReadOnlySequence());
        var resourceName = "";
        long writeOffset = 0;
        var finishWrite = false;
        var data = ReadOnlySequence<byte>.Empty;
        while (reader.TryReadField(out var number))
        {
            switch (number)
            {
                case ResourceNameField:
                    resourceName = reader.ReadString();
                    break;
                case WriteOffsetField:
                    writeOffset = reader.ReadVarint();
                    break;
                case FinishWriteField:
                    finishWrite = reader.ReadVarint() != 0;
                    break;
                case DataField:
                    data = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Wire.WriteChunk.CopyOf(resourceName, writeOffset, finishWrite, data);
    }
}
