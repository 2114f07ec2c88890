using BuildFarm.Scheduling.Events;
using Google.Protobuf;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>
/// One kind of record: its number, its version, and the way between what it means and the message that is kept. The version
/// grows when an older coordinator must not read the kind any more; a field that it may overlook does not make a version.
/// </summary>
internal abstract class RecordKind(ushort number, byte version, Type subject)
{
    public ushort Number { get; } = number;

    /// <summary>The version that is written. Every version up to it is read.</summary>
    public byte Version { get; } = version;

    /// <summary>The type of event or fact.</summary>
    public Type Subject { get; } = subject;

    public static RecordKind Of<TEvent, TRecord>(EventNumber number, Func<TEvent, TRecord> write, Func<TRecord, TEvent> read)
        where TEvent : Event
        where TRecord : class, IMessage<TRecord>, new() =>
        new MessageKind<TEvent, TRecord>((ushort)number, 1, write, (record, _) => read(record), static change => new JournalEntry(change, Fact: null));

    public static RecordKind OfFact<TFact, TRecord>(ushort number, Func<TFact, TRecord> write, Func<TRecord, TFact> read)
        where TFact : JournalFact
        where TRecord : class, IMessage<TRecord>, new() =>
        new MessageKind<TFact, TRecord>(number, 1, write, (record, _) => read(record), static fact => new JournalEntry(Change: null, fact));

    /// <summary>What is kept of an event or fact of this kind.</summary>
    public abstract IMessage Write(object subject);

    /// <exception cref="InvalidProtocolBufferException">The payload is no message.</exception>
    public abstract JournalEntry Read(ReadOnlySpan<byte> payload, byte version);

    private sealed class MessageKind<TSubject, TRecord>(
        ushort number, byte version, Func<TSubject, TRecord> write, Func<TRecord, byte, TSubject> read, Func<TSubject, JournalEntry> wrap)
        : RecordKind(number, version, typeof(TSubject))
        where TSubject : class
        where TRecord : class, IMessage<TRecord>, new()
    {
        private static readonly MessageParser<TRecord> Parser = new(static () => new TRecord());

        public override IMessage Write(object subject) => write((TSubject)subject);

        public override JournalEntry Read(ReadOnlySpan<byte> payload, byte version) => wrap(read(Parser.ParseFrom(payload), version));
    }
}
