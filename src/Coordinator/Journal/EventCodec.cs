using System.Buffers;
using System.Buffers.Binary;
using BuildFarm.Coordinator.Journal.Format;
using BuildFarm.Scheduling.Events;
using Google.Protobuf;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Records as an envelope and a payload. The envelope is one byte for its own version, two for the kind (little-endian: an
/// <see cref="EventNumber"/>, or a fact's number from 30000 up) and one for the version of that kind; the payload is the
/// kind's message in protos/buildfarm/journal/v1/journal.proto, which says how kinds grow.
/// </summary>
public sealed class EventCodec : IEventCodec
{
    private const byte EnvelopeVersion = 1;
    private const int EnvelopeLength = 4;

    /// <inheritdoc />
    public void Encode(Event change, IBufferWriter<byte> output) => Write(change, output);

    /// <inheritdoc />
    public void Encode(JournalFact fact, IBufferWriter<byte> output) => Write(fact, output);

    /// <inheritdoc />
    public JournalEntry Decode(ReadOnlyMemory<byte> journalRecord)
    {
        var bytes = journalRecord.Span;
        if (bytes.Length < EnvelopeLength || bytes[0] != EnvelopeVersion)
        {
            throw new JournalException("a journal record has an envelope that this version does not know; use the coordinator that wrote it, or newer");
        }

        var number = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        var version = bytes[3];
        var kind = RecordKinds.Find(number);
        if (kind is null || version == 0 || version > kind.Version)
        {
            throw new JournalException($"a journal record is of kind {number}, version {version}, which this version does not know; use a newer coordinator");
        }

        try
        {
            return kind.Read(bytes[EnvelopeLength..], version);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException or ArgumentException)
        {
            throw new JournalException($"a journal record of kind {number} ({kind.Subject.Name}) is damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static void Write(object subject, IBufferWriter<byte> output)
    {
        var kind = RecordKinds.Of(subject);
        var envelope = output.GetSpan(EnvelopeLength);
        envelope[0] = EnvelopeVersion;
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[1..], kind.Number);
        envelope[3] = kind.Version;
        output.Advance(EnvelopeLength);
        kind.Write(subject).WriteTo(output);
    }
}
