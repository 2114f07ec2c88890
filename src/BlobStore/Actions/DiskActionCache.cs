using BuildFarm.BlobStore.Disk;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Actions;

/// <summary>Action-cache entries as sealed files, found by the action's hash.</summary>
public sealed class DiskActionCache : IActionTier, IAsyncDisposable
{
    private readonly RecordFiles _records;

    private DiskActionCache(RecordFiles records) => _records = records;

    /// <summary>Opens the cache in <paramref name="directory"/>, which outlives it.</summary>
    public static DiskActionCache Open(
        StoreDirectory directory, DiskActionCacheOptions options, TimeProvider time, ILogger<DiskActionCache> logger) =>
        new(RecordFiles.Open(directory, new LruFilesOptions { Name = "actions", MaxBytes = options.MaxBytes }, options.SyncEntries, time, logger));

    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken) =>
        await _records.ReadAsync(NameOf(key), cancellationToken) is { } content ? ActionRecord.Read(key, content) : null;

    /// <inheritdoc />
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        _records.PutAsync(NameOf(key), ActionRecord.Of(key, entry), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        _records.PutUnlessAsync(NameOf(key), ActionRecord.Of(key, entry), content => ActionRecord.Read(key, content) is not null, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _records.DisposeAsync();

    /// <summary>The records themselves, for who looks after them.</summary>
    internal RecordFiles Records => _records;

    internal static string NameOf(in ActionKey key) =>
        RecordFiles.NameOf(key.InstanceName, key.Environment, key.Action.Function.Name, key.Action.HashHex);
}
