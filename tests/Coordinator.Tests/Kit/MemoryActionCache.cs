using System.Collections.Concurrent;
using BuildFarm.BlobStore.Actions;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>An action cache whose entries a test can see.</summary>
internal sealed class MemoryActionCache : IActionCache
{
    public ConcurrentDictionary<ActionKey, ActionEntry> Entries { get; } = new();

    public ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken) => ValueTask.FromResult(Entries.GetValueOrDefault(key));

    public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        Entries[key] = entry;
        return ValueTask.CompletedTask;
    }
}
