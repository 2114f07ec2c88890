using System.Runtime.CompilerServices;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// A journal in memory: acknowledged work lives as long as the process. It keeps records only when asked to, for replay
/// in tests; a farm that runs for months on it must not grow by what it has done.
/// </summary>
public sealed class VolatileJournal(bool keepRecords = false) : IJournal
{
    private readonly List<byte[]> _durable = [];
    private readonly List<byte[]> _pending = [];

    /// <summary>Flushes so far.</summary>
    public long Flushes { get; private set; }

    /// <summary>Records taken so far.</summary>
    public long Appended { get; private set; }

    /// <inheritdoc />
    public ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken)
    {
        Appended += records.Count;
        if (keepRecords)
        {
            _pending.AddRange(records.Select(record => record.ToArray()));
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Flushes++;
        _durable.AddRange(_pending);
        _pending.Clear();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var record in _durable)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }

        await ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
