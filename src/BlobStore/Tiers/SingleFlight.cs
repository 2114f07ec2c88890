using System.Collections.Concurrent;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>Runs one task for all who ask for the same thing at the same time. No single caller's cancellation ends it.</summary>
internal sealed class SingleFlight<TKey, TResult>(Func<TKey, Task<TResult>> run)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> _flying = new();

    public Task<TResult> RunAsync(TKey key, CancellationToken cancellationToken) =>
        _flying.GetOrAdd(key, static (key, self) => new Lazy<Task<TResult>>(() => Task.Run(() => self.FlyAsync(key))), this).Value.WaitAsync(cancellationToken);

    private async Task<TResult> FlyAsync(TKey key)
    {
        try
        {
            return await run(key);
        }
        finally
        {
            _flying.TryRemove(key, out _);
        }
    }
}
