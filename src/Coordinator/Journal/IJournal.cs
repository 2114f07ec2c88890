namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Where the coordinator's events become durable, in order. It knows nothing of what the records mean: the format is
/// <see cref="IEventCodec"/>'s. One loop appends; a snapshot may be written from another thread meanwhile.
/// </summary>
public interface IJournal : IAsyncDisposable
{
    /// <summary>False when nothing is ever read back: what is appended is forgotten.</summary>
    bool KeepsRecords { get; }

    /// <summary>After the newest record that was flushed.</summary>
    JournalPosition End { get; }

    /// <summary>Takes the journal over: whoever opened it before cannot append any more. Comes before everything else, once.</summary>
    /// <exception cref="JournalException">It cannot be opened, is damaged, or is another's; the message says what to do.</exception>
    ValueTask<JournalStart> OpenAsync(CancellationToken cancellationToken);

    /// <summary>The records of the newest snapshot; none when there is none.</summary>
    /// <exception cref="JournalException">It is damaged.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotAsync(CancellationToken cancellationToken);

    /// <summary>All durable records after the newest snapshot, the oldest first. Read before the first append.</summary>
    /// <exception cref="JournalException">A record is damaged or missing; the message says which.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Takes records, in order. They count as durable only when the next <see cref="FlushAsync"/> has returned.</summary>
    /// <exception cref="JournalException">They could not be taken; the journal must not be used any more.</exception>
    ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken);

    /// <summary>Makes everything appended since the last flush durable, all of it or nothing.</summary>
    /// <exception cref="JournalException">Another has opened the journal, or it is unknown what became durable; it must not be used any more.</exception>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what stands for all records before <paramref name="position"/>, which was once <see cref="End"/>, and then drops
    /// those and older snapshots. A snapshot that is not whole is as if it were not there.
    /// </summary>
    /// <exception cref="JournalException">It could not be kept.</exception>
    ValueTask WriteSnapshotAsync(JournalPosition position, IAsyncEnumerable<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken);
}
