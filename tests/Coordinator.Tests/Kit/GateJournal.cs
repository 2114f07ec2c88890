using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>A journal whose flushes wait for the test, and fail when it says so.</summary>
internal sealed class GateJournal : IJournal
{
    private readonly SemaphoreSlim _flushes = new(0);
    private readonly SemaphoreSlim _waiting = new(0);
    private volatile bool _open = true;
    private volatile Exception? _failure;

    /// <summary>From now on each flush waits for <see cref="Release"/>.</summary>
    public void Hold() => _open = false;

    /// <summary>Lets everything through again.</summary>
    public void Release()
    {
        _open = true;
        _flushes.Release(1000);
    }

    /// <summary>From now on each append fails.</summary>
    public void Fail(Exception failure) => _failure = failure;

    /// <summary>Waits until a flush waits.</summary>
    public Task FlushWaitsAsync() => _waiting.WaitAsync(TestFarm.Patience);

    public ValueTask AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken) =>
        _failure is { } failure ? ValueTask.FromException(failure) : ValueTask.CompletedTask;

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (!_open)
        {
            _waiting.Release();
            await _flushes.WaitAsync(cancellationToken);
        }
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public ValueTask DisposeAsync()
    {
        _flushes.Dispose();
        _waiting.Dispose();
        return ValueTask.CompletedTask;
    }
}
