using System.Buffers;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal;

/// <summary>The format of journal records, apart from where they are kept. Old records stay readable for ever.</summary>
public interface IEventCodec
{
    /// <summary>Writes one event as one record.</summary>
    void Encode(Event change, IBufferWriter<byte> output);

    /// <summary>Writes one fact as one record.</summary>
    void Encode(JournalFact fact, IBufferWriter<byte> output);

    /// <summary>Reads one record.</summary>
    /// <exception cref="JournalException">The record is damaged, or newer than this coordinator.</exception>
    JournalEntry Decode(ReadOnlyMemory<byte> journalRecord);
}
