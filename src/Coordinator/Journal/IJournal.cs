namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Where the coordinator's events become durable, in order. It knows nothing of what the records mean: the format is
/// <see cref="IEventCodec"/>'s. One writer uses it, from one loop.
/// </summary>
public interface IJournal : IAsyncDisposable
{
    /// <summary>Takes records, in order. They count as durable only when the next <see cref="FlushAsync"/> has returned.</summary>
    /// <exception cref="JournalException">They could not be taken; the journal must not be used any more.</exception>
    ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken);

    /// <summary>Makes everything appended so far durable.</summary>
    /// <exception cref="JournalException">It is unknown what became durable; the journal must not be used any more.</exception>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>All durable records from the oldest to the newest, read before the first append.</summary>
    /// <exception cref="JournalException">A record is corrupt; the message says where.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);
}
