using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Google.Protobuf;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Records as an envelope and a payload. The envelope is one byte for its own version, two for the kind (little-endian: an
/// <see cref="EventNumber"/>, or a fact's number from 30000 up) and one for the version of that kind; a payload is the
/// event in JSON by property name, so that a field may be added with a default, or a fact as a protobuf message.
/// </summary>
public sealed class EventCodec : IEventCodec
{
    private const byte EnvelopeVersion = 1;
    private const byte PayloadVersion = 1;
    private const int EnvelopeLength = 4;
    private const ushort JobSubmittedNumber = 30000;
    private const ushort ResultReceivedNumber = 30001;

    private static readonly Dictionary<ushort, Type> EventTypes = typeof(Event).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract)
        .ToDictionary(type => (ushort)Enum.Parse<EventNumber>(type.Name));

    /// <inheritdoc />
    public void Encode(Event change, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(change);
        WriteEnvelope(output, (ushort)change.Number);
        using var json = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(json, change, change.GetType(), EventJson.Options);
    }

    /// <inheritdoc />
    public void Encode(JournalFact fact, IBufferWriter<byte> output)
    {
        switch (fact)
        {
            case JobSubmitted submitted:
                WriteEnvelope(output, JobSubmittedNumber);
                WriteKeyed(output, submitted.JobId, submitted.Request);
                break;
            case ResultReceived received:
                WriteEnvelope(output, ResultReceivedNumber);
                WriteKeyed(output, received.Handle, received.Completion);
                break;
            default:
                throw new NotSupportedException($"No record is defined for {fact?.GetType().Name}.");
        }
    }

    /// <inheritdoc />
    public JournalEntry Decode(ReadOnlyMemory<byte> journalRecord)
    {
        var bytes = journalRecord.Span;
        if (bytes.Length < EnvelopeLength || bytes[0] != EnvelopeVersion || bytes[3] != PayloadVersion)
        {
            throw new JournalException("a journal record has an envelope that this version does not know; use the coordinator that wrote it, or newer");
        }

        var number = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        var payload = bytes[EnvelopeLength..];
        try
        {
            return number switch
            {
                JobSubmittedNumber => ReadKeyed(payload, SubmitJobRequest.Parser, static (key, request) => new JobSubmitted(key, request)),
                ResultReceivedNumber => ReadKeyed(payload, Completion.Parser, static (key, completion) => new ResultReceived(key, completion)),
                _ when EventTypes.TryGetValue(number, out var type) =>
                    new JournalEntry((Event)JsonSerializer.Deserialize(payload, type, EventJson.Options)!, Fact: null),
                _ => throw new JournalException($"a journal record is of kind {number}, which this version does not know; use a newer coordinator"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidProtocolBufferException or ArgumentException)
        {
            throw new JournalException($"a journal record of kind {number} is damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static void WriteEnvelope(IBufferWriter<byte> output, ushort number)
    {
        var envelope = output.GetSpan(EnvelopeLength);
        envelope[0] = EnvelopeVersion;
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[1..], number);
        envelope[3] = PayloadVersion;
        output.Advance(EnvelopeLength);
    }

    // A key and a message: the key's length in bytes (two, little-endian), the key, the message to the end.
    private static void WriteKeyed(IBufferWriter<byte> output, string key, IMessage message)
    {
        var keyBytes = Encoding.UTF8.GetBytes(key);
        var length = output.GetSpan(2);
        BinaryPrimitives.WriteUInt16LittleEndian(length, checked((ushort)keyBytes.Length));
        output.Advance(2);
        output.Write(keyBytes);
        message.WriteTo(output);
    }

    private static JournalEntry ReadKeyed<T>(ReadOnlySpan<byte> payload, MessageParser<T> parser, Func<string, T, JournalFact> make)
        where T : IMessage<T>
    {
        var length = payload.Length < 2 ? int.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(payload);
        if (length > payload.Length - 2)
        {
            throw new JsonException("it ends within its key");
        }

        var key = Encoding.UTF8.GetString(payload.Slice(2, length));
        return new JournalEntry(Change: null, make(key, parser.ParseFrom(payload[(2 + length)..])));
    }
}
