using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>A journal whose flushes wait for the test, and fail when it says so.</summary>
internal sealed class GateJournal : IJournal
{
    private readonly VolatileJournal _inner = new();
    private readonly SemaphoreSlim _flushes = new(0);
    private readonly SemaphoreSlim _waiting = new(0);
    private volatile bool _open = true;
    private volatile Exception? _failure;

    public bool KeepsRecords => _inner.KeepsRecords;

    public JournalPosition End => _inner.End;

    /// <summary>Records that came with each flush, in order.</summary>
    public List<long> Flushed { get; } = [];

    /// <summary>From now on each flush waits for <see cref="Release"/>.</summary>
    public void Hold() => _open = false;

    /// <summary>Lets everything through again.</summary>
    public void Release()
    {
        _open = true;
        _flushes.Release(1000);
    }

    /// <summary>Lets one flush through; the next waits.</summary>
    public void ReleaseOne() => _flushes.Release();

    /// <summary>From now on each append fails.</summary>
    public void Fail(Exception failure) => _failure = failure;

    /// <summary>Waits until a flush waits.</summary>
    public Task FlushWaitsAsync() => _waiting.WaitAsync(TestFarm.Patience);

    public ValueTask<JournalStart> OpenAsync(CancellationToken cancellationToken) => _inner.OpenAsync(cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotAsync(CancellationToken cancellationToken) => _inner.ReadSnapshotAsync(cancellationToken);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _inner.ReadAsync(cancellationToken);

    public ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken) =>
        _failure is { } failure ? ValueTask.FromException(failure) : _inner.AppendAsync(records, cancellationToken);

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (!_open)
        {
            _waiting.Release();
            await _flushes.WaitAsync(cancellationToken);
        }

        var before = _inner.End.Number;
        await _inner.FlushAsync(cancellationToken);
        Flushed.Add(_inner.End.Number - before);
    }

    public ValueTask WriteSnapshotAsync(JournalPosition position, IAsyncEnumerable<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken) =>
        _inner.WriteSnapshotAsync(position, records, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _flushes.Dispose();
        _waiting.Dispose();
        return _inner.DisposeAsync();
    }
}
