using System.Runtime.CompilerServices;
using BuildFarm.Coordinator.Journal.Stores;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// A journal in memory: acknowledged work lives as long as the process. It keeps records only when it is given a memory to
/// keep them in, which several may share as they would a database; a farm that runs for months must not grow by what it did.
/// </summary>
public sealed class VolatileJournal(VolatileJournalMemory? memory = null) : StoredJournal
{
    private readonly VolatileJournalMemory _memory = memory ?? new VolatileJournalMemory { KeepsNothing = true };
    private long _epoch;

    /// <inheritdoc />
    public override bool KeepsRecords => !_memory.KeepsNothing;

    /// <summary>Flushes so far.</summary>
    public long Flushes { get; private set; }

    /// <inheritdoc />
    protected override string Name => "the journal in memory";

    /// <inheritdoc />
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    protected override ValueTask<JournalStart> TakeOverAsync(CancellationToken cancellationToken)
    {
        lock (_memory.Gate)
        {
            _epoch = ++_memory.Epoch;
            return ValueTask.FromResult(new JournalStart(_epoch, _memory.Snapshot, _memory.End));
        }
    }

    /// <inheritdoc />
    protected override ValueTask CommitAsync(StoredBlock block, JournalPosition end, CancellationToken cancellationToken)
    {
        lock (_memory.Gate)
        {
            if (_memory.Epoch != _epoch)
            {
                throw Fenced();
            }

            _memory.End = end;
            if (!_memory.KeepsNothing)
            {
                _memory.Blocks.Add(block with { Bytes = block.Bytes.ToArray() });
            }
        }

        Flushes++;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override async IAsyncEnumerable<StoredBlock> ReadBlocksAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoredBlock> blocks;
        lock (_memory.Gate)
        {
            blocks = _memory.Blocks.FindAll(block => block.First > after);
        }

        await ValueTask.CompletedTask;
        foreach (var block in blocks)
        {
            yield return block;
        }
    }

    /// <inheritdoc />
    protected override async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotPartsAsync(
        long position, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<byte[]> parts;
        lock (_memory.Gate)
        {
            parts = [.. _memory.Parts.GetValueOrDefault(position, [])];
        }

        await ValueTask.CompletedTask;
        foreach (var part in parts)
        {
            yield return part;
        }
    }

    /// <inheritdoc />
    protected override ValueTask DropSnapshotAsync(long position, CancellationToken cancellationToken)
    {
        lock (_memory.Gate)
        {
            _memory.Parts.Remove(position);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override ValueTask AddSnapshotPartAsync(long position, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        lock (_memory.Gate)
        {
            if (!_memory.Parts.TryGetValue(position, out var parts))
            {
                _memory.Parts.Add(position, parts = []);
            }

            parts.Add(part.ToArray());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override ValueTask FinishSnapshotAsync(JournalPosition position, CancellationToken cancellationToken)
    {
        lock (_memory.Gate)
        {
            if (_memory.Epoch != _epoch)
            {
                throw Fenced();
            }

            _memory.Snapshot = position;
            _memory.Blocks.RemoveAll(block => block.First <= position.Number);
            foreach (var older in _memory.Parts.Keys.Where(number => number != position.Number).ToList())
            {
                _memory.Parts.Remove(older);
            }
        }

        return ValueTask.CompletedTask;
    }
}
