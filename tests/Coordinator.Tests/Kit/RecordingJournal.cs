using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>A journal that also remembers every record that was ever appended to it.</summary>
internal sealed class RecordingJournal(IJournal inner, List<byte[]> records) : IJournal
{
    public bool KeepsRecords => inner.KeepsRecords;

    public JournalPosition End => inner.End;

    public ValueTask<JournalStart> OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotAsync(CancellationToken cancellationToken) => inner.ReadSnapshotAsync(cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);

    public ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> batch, CancellationToken cancellationToken)
    {
        records.AddRange(batch.Select(record => record.ToArray()));
        return inner.AppendAsync(batch, cancellationToken);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask WriteSnapshotAsync(JournalPosition position, IAsyncEnumerable<ReadOnlyMemory<byte>> snapshot, CancellationToken cancellationToken) =>
        inner.WriteSnapshotAsync(position, snapshot, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
