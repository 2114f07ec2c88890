using System.Collections.Concurrent;
using BuildFarm.BlobStore.Actions;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// The results of several caches as one, each on the nodes that its action's digest names. A node that missed a result may have an older
/// one in its place: it is not asked for that one again until it has taken another.
/// </summary>
public sealed partial class NodesActionCache(Func<NodeSet> nodes, ILogger<NodesActionCache> logger) : IActionTier
{
    // In memory and bounded: what does not fit, or was missed by the node under another front, is served as it is there.
    private const int MostMissed = 100_000;

    private readonly ConcurrentDictionary<(string Node, ActionKey Key), bool> _missed = new();

    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        var lacking = new List<CacheNode>();
        foreach (var node in NodesBlobStore.HealthyFirst(nodes().Of(key.Action)))
        {
            try
            {
                if (!_missed.ContainsKey((node.Name, key)) && await node.GetEntryAsync(key, cancellationToken) is { } entry)
                {
                    await HealAsync(lacking, key, entry, cancellationToken);
                    return entry;
                }

                lacking.Add(node);
            }
            catch (BlobStoreUnavailableException e)
            {
                // A miss costs an execution, a failure the build.
                LogUnread(key.Action, e.Message);
            }
        }

        return null;
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">None of the entry's nodes answers.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        var places = nodes().Of(key.Action);
        var failures = (await Task.WhenAll(places.Select(node => TryPutAsync(node, key, entry, cancellationToken)))).OfType<BlobStoreUnavailableException>().ToList();
        if (failures.Count == places.Length)
        {
            throw failures[0];
        }

        if (failures.Count > 0)
        {
            StoreMetrics.DegradedWrites.Add(1);
        }
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">None of the entry's nodes answers.</exception>
    public async ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        // A place with an entry is as good as one that takes the copy for telling that the nodes answer.
        var places = nodes().Of(key.Action);
        var fills = await Task.WhenAll(places.Select(node => TryFillAsync(node, key, entry, cancellationToken)));
        return fills.All(static fill => fill.Failure is not null) ? throw fills[0].Failure! : fills.Any(static fill => fill.Kept);
    }

    private async Task<BlobStoreUnavailableException?> TryPutAsync(CacheNode node, ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await node.PutEntryAsync(key, entry, cancellationToken);
            _missed.TryRemove((node.Name, key), out _);
            return null;
        }
        catch (BlobStoreUnavailableException e)
        {
            if (_missed.Count < MostMissed)
            {
                _missed[(node.Name, key)] = true;
            }

            return e;
        }
    }

    private async Task<(bool Kept, BlobStoreUnavailableException? Failure)> TryFillAsync(
        CacheNode node, ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            var kept = await node.FillEntryAsync(key, entry, cancellationToken);
            if (kept)
            {
                _missed.TryRemove((node.Name, key), out _);
            }

            return (kept, null);
        }
        catch (BlobStoreUnavailableException e)
        {
            return (false, e);
        }
    }

    private async ValueTask HealAsync(List<CacheNode> lacking, ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        foreach (var node in lacking)
        {
            if ((await TryFillAsync(node, key, entry, cancellationToken)).Kept)
            {
                StoreMetrics.Healed.Add(1);
            }
        }
    }

    [LoggerMessage(EventId = 272, Level = LogLevel.Warning, Message = "the result of action {Action} counts as a miss on one node: {Problem}")]
    private partial void LogUnread(Digests.Digest action, string problem);
}
