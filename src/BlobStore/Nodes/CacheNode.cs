using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>One of the caches that together are one.</summary>
/// <param name="name">Its identity: what it is called decides what lies on it.</param>
/// <param name="blobs">Its blobs, every failure of theirs being one of the node.</param>
/// <param name="results">Its results; null where it keeps none for others.</param>
public sealed class CacheNode(string name, GuardedBlobStore blobs, IActionTier? results)
{
    /// <summary>Its identity.</summary>
    public string Name { get; } = name;

    /// <summary>Its blobs.</summary>
    public GuardedBlobStore Blobs { get; } = blobs;

    /// <summary>It has failed lately.</summary>
    public bool IsDown => Blobs.IsDown;

    /// <summary>It has failed and not answered since.</summary>
    internal bool HasFailed => Blobs.HasFailed;

    /// <summary>What stands for it in the weights.</summary>
    internal ulong Seed { get; } = Rendezvous.SeedOf(name);

    /// <summary>An entry of the node, or null.</summary>
    /// <exception cref="BlobStoreUnavailableException">It does not answer, or refuses.</exception>
    internal ValueTask<ActionEntry?> GetEntryAsync(ActionKey key, CancellationToken cancellationToken) =>
        results is null ? ValueTask.FromResult<ActionEntry?>(null)
            : Blobs.RunAsync($"read the result of action {key.Action}", token => results.GetAsync(key, token), cancellationToken);

    /// <exception cref="BlobStoreUnavailableException">It does not answer, or refuses.</exception>
    internal async ValueTask PutEntryAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        if (results is not null)
        {
            await Blobs.RunAsync($"store the result of action {key.Action}", PutAsync, cancellationToken);
        }

        async ValueTask<bool> PutAsync(CancellationToken token)
        {
            await results.PutAsync(key, entry, token);
            return true;
        }
    }

    /// <returns>Whether it was kept, as <see cref="IActionTier.FillAsync"/> says.</returns>
    /// <exception cref="BlobStoreUnavailableException">It does not answer, or refuses.</exception>
    internal ValueTask<bool> FillEntryAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        results is null ? ValueTask.FromResult(false)
            : Blobs.RunAsync($"store the result of action {key.Action}", token => results.FillAsync(key, entry, token), cancellationToken);

    /// <inheritdoc cref="IHashIndex.FindByHashAsync"/>
    internal ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken) => Blobs.FindByHashAsync(named, cancellationToken);
}
