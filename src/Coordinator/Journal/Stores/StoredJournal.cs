using System.Buffers;
using System.Runtime.CompilerServices;

namespace BuildFarm.Coordinator.Journal.Stores;

/// <summary>
/// A journal over a store of blocks. What all stores have in common is here: the chain of checksums, what is read against
/// what must be there, and that nothing goes on after a failure. A store only keeps blocks, atomically, under an epoch.
/// </summary>
public abstract class StoredJournal : IJournal
{
    /// <summary>
    /// Bytes of a part of a snapshot, whatever records are in it: large enough to be few, small enough that an append between
    /// two hardly waits.
    /// </summary>
    private const int SnapshotPart = 128 << 10;

    /// <summary>Bytes of a buffer that is worth keeping for the next flush; a huge job's is not.</summary>
    private const int KeptBuffer = 4 << 20;

    private ArrayBufferWriter<byte> _pending = new();
    private int _pendingCount;
    private uint _pendingChain;
    private JournalStart _start;
    private JournalPosition _end;
    private bool _usable;

    /// <inheritdoc />
    public virtual bool KeepsRecords => true;

    /// <inheritdoc />
    public JournalPosition End => _end;

    /// <summary>What messages call this journal.</summary>
    protected abstract string Name { get; }

    /// <inheritdoc />
    public async ValueTask<JournalStart> OpenAsync(CancellationToken cancellationToken)
    {
        _start = await TakeOverAsync(cancellationToken);
        _end = _start.End;
        _pendingChain = _end.Chain;
        _usable = true;
        return _start;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_start.Snapshot == JournalPosition.Start)
        {
            yield break;
        }

        // The chain of a snapshot begins with the position that it stands for and ends with a record of no bytes.
        var chain = _start.Snapshot.Chain;
        var ended = false;
        var gathered = new GatheredParts();
        await foreach (var part in ReadSnapshotPartsAsync(_start.Snapshot.Number, cancellationToken))
        {
            var rest = gathered.Add(part);
            while (rest.Length > 0)
            {
                if (ended || !RecordBlock.TryTake(ref rest, ref chain, out var record))
                {
                    throw Damaged($"the snapshot at record {_start.Snapshot.Number} is not what was written");
                }

                ended = record.Length == 0;
                if (!ended)
                {
                    yield return record;
                }
            }
        }

        if (!ended || !gathered.IsEmpty)
        {
            throw Damaged($"the snapshot at record {_start.Snapshot.Number} has no end");
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = _start.Snapshot;
        await foreach (var block in ReadBlocksAsync(at.Number, cancellationToken))
        {
            if (block.First != at.Number + 1)
            {
                throw Damaged($"record {at.Number + 1} is missing: {block.First} follows {at.Number}");
            }

            var rest = block.Bytes;
            var chain = at.Chain;
            for (var i = 0; i < block.Count; i++)
            {
                if (!RecordBlock.TryTake(ref rest, ref chain, out var record))
                {
                    throw Damaged($"record {block.First + i} is not what was written");
                }

                yield return record;
            }

            if (rest.Length > 0)
            {
                throw Damaged($"there is more after record {block.Last} than was written");
            }

            at = new JournalPosition(block.Last, chain);
        }

        if (at != _start.End)
        {
            throw Damaged($"it ends with record {at.Number}, and record {_start.End.Number} was acknowledged");
        }
    }

    /// <inheritdoc />
    public ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        ThrowUnlessUsable();
        foreach (var record in records)
        {
            _pendingChain = RecordBlock.Append(_pending, _pendingChain, record.Span);
        }

        _pendingCount += records.Count;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        ThrowUnlessUsable();
        if (_pendingCount == 0)
        {
            return;
        }

        // Whatever happens below, a second try could write what was written already.
        _usable = false;
        var next = new JournalPosition(_end.Number + _pendingCount, _pendingChain);
        await CommitAsync(new StoredBlock(_end.Number + 1, _pendingCount, _pending.WrittenMemory), next, cancellationToken);
        _end = next;
        _pendingCount = 0;
        if (_pending.Capacity > KeptBuffer)
        {
            _pending = new ArrayBufferWriter<byte>();
        }

        _pending.ResetWrittenCount();
        _usable = true;
    }

    /// <inheritdoc />
    public async ValueTask WriteSnapshotAsync(
        JournalPosition position, IAsyncEnumerable<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        await DropSnapshotAsync(position.Number, cancellationToken);
        var part = new ArrayBufferWriter<byte>(SnapshotPart);
        var chain = position.Chain;
        var number = 0;
        await foreach (var record in records.WithCancellation(cancellationToken))
        {
            chain = RecordBlock.Append(part, chain, record.Span);
            if (part.WrittenCount >= SnapshotPart)
            {
                number = await AddPartsAsync(position.Number, number, part.WrittenMemory, cancellationToken);
                part.ResetWrittenCount();
            }
        }

        RecordBlock.Append(part, chain, []);
        await AddPartsAsync(position.Number, number, part.WrittenMemory, cancellationToken);
        await FinishSnapshotAsync(position, cancellationToken);
    }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();

    /// <summary>Raises the epoch, and says what is there.</summary>
    protected abstract ValueTask<JournalStart> TakeOverAsync(CancellationToken cancellationToken);

    /// <summary>Makes a block durable and moves the end to <paramref name="end"/>, both or neither, if the epoch is still ours.</summary>
    protected abstract ValueTask CommitAsync(StoredBlock block, JournalPosition end, CancellationToken cancellationToken);

    /// <summary>The blocks after a record, in order.</summary>
    protected abstract IAsyncEnumerable<StoredBlock> ReadBlocksAsync(long after, CancellationToken cancellationToken);

    /// <summary>The parts of a snapshot, in order.</summary>
    protected abstract IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotPartsAsync(long position, CancellationToken cancellationToken);

    /// <summary>Removes the parts of a snapshot that was begun and not finished.</summary>
    protected abstract ValueTask DropSnapshotAsync(long position, CancellationToken cancellationToken);

    /// <summary>Keeps one part.</summary>
    protected abstract ValueTask AddSnapshotPartAsync(long position, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken);

    /// <summary>Makes the snapshot the one that counts, then removes the blocks and snapshots behind it.</summary>
    protected abstract ValueTask FinishSnapshotAsync(JournalPosition position, CancellationToken cancellationToken);

    /// <summary>The journal is not what was written. One line, with what to do.</summary>
    protected JournalException Damaged(string what, Exception? inner = null) => new(
        $"{Name} is damaged: {what}; nothing was changed. Restore the farm's state from a backup (farm restore), "
        + "or move the journal away to begin with an empty farm", inner);

    /// <summary>Another has opened the journal.</summary>
    protected JournalException Fenced() => new(
        $"{Name} was opened by another coordinator after this one (whose epoch is {_start.Epoch}); this one may not write any more")
    {
        IsJournalWell = true,
    };

    private async ValueTask<int> AddPartsAsync(long position, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(SnapshotPart, bytes.Length)];
            await AddSnapshotPartAsync(position, number++, part, cancellationToken);
            bytes = bytes[part.Length..];
        }

        return number;
    }

    private void ThrowUnlessUsable()
    {
        if (!_usable)
        {
            throw new JournalException($"{Name} failed before, or was never opened; it cannot be used any more");
        }
    }
}
