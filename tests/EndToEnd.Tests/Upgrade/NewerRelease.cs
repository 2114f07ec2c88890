using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace BuildFarm.EndToEnd.Tests.Upgrade;

/// <summary>Makes of a message what a newer release could send: fields that today's contract does not have, in every message in it.</summary>
internal static class NewerRelease
{
    private const int FirstUnknown = 2000;

    /// <summary>The message with more fields.</summary>
    public static byte[] WithUnknownFields(byte[] message, MessageDescriptor descriptor)
    {
        using var buffer = new MemoryStream();
        var to = new CodedOutputStream(buffer);
        var from = new CodedInputStream(message);
        while (from.ReadTag() is var tag && tag != 0)
        {
            to.WriteTag(tag);
            Copy(from, to, tag, descriptor.FindFieldByNumber(WireFormat.GetTagFieldNumber(tag)));
        }

        to.WriteTag(FirstUnknown, WireFormat.WireType.Varint);
        to.WriteInt64(-7);
        to.WriteTag(FirstUnknown + 1, WireFormat.WireType.LengthDelimited);
        to.WriteString("from a newer release");
        to.WriteTag(FirstUnknown + 2, WireFormat.WireType.Fixed64);
        to.WriteFixed64(42);
        to.WriteTag(FirstUnknown + 3, WireFormat.WireType.Fixed32);
        to.WriteFixed32(42);
        to.Flush();
        return buffer.ToArray();
    }

    private static void Copy(CodedInputStream from, CodedOutputStream to, uint tag, FieldDescriptor? field)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                to.WriteUInt64(from.ReadUInt64());
                break;
            case WireFormat.WireType.Fixed64:
                to.WriteFixed64(from.ReadFixed64());
                break;
            case WireFormat.WireType.Fixed32:
                to.WriteFixed32(from.ReadFixed32());
                break;
            default:
                var bytes = from.ReadBytes();
                to.WriteBytes(field is { FieldType: FieldType.Message, IsMap: false } ? ByteString.CopyFrom(WithUnknownFields(bytes.ToByteArray(), field.MessageType)) : bytes);
                break;
        }
    }
}
