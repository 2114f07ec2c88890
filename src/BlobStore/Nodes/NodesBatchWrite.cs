namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Writes many small blobs: every node is told once, of all that lie on it, and all of them at the same time. A blob is stored
/// when one of its nodes has taken it; the others are owed it.
/// </summary>
internal sealed class NodesBatchWrite
{
    private readonly IReadOnlyList<BlobContent> _blobs;
    private readonly NodeDebts _debts;
    private readonly CacheNode[][] _places;
    private readonly Dictionary<CacheNode, List<int>> _shares = [];

    public NodesBatchWrite(NodeSet nodes, IReadOnlyList<BlobContent> blobs, NodeDebts debts)
    {
        _blobs = blobs;
        _debts = debts;
        _places = new CacheNode[blobs.Count][];
        for (var i = 0; i < _places.Length; i++)
        {
            _places[i] = nodes.Of(blobs[i].Digest);
            if (blobs[i].Digest.IsEmptyBlob && blobs[i].Bytes.IsEmpty)
            {
                // Every store has it.
                continue;
            }

            foreach (var node in _places[i])
            {
                if (!_shares.TryGetValue(node, out var share))
                {
                    _shares.Add(node, share = []);
                }

                share.Add(i);
            }
        }
    }

    /// <summary>For each blob why no node has taken it, or null.</summary>
    public async ValueTask<BlobStoreException?[]> RunAsync(CancellationToken cancellationToken)
    {
        var told = await Task.WhenAll(_shares.Select(share => TellAsync(share.Key, share.Value, cancellationToken)));
        var refusals = new BlobStoreException?[_blobs.Count];
        var taken = new int[_blobs.Count];
        foreach (var (_, share, answers) in told)
        {
            for (var i = 0; i < share.Count; i++)
            {
                // That the content is wrong outweighs that another node is down.
                refusals[share[i]] = refusals[share[i]] as DigestMismatchException ?? answers[i] ?? refusals[share[i]];
                taken[share[i]] += answers[i] is null ? 1 : 0;
            }
        }

        foreach (var (node, share, answers) in told)
        {
            for (var i = 0; i < share.Count; i++)
            {
                if (answers[i] is not null && taken[share[i]] > 0)
                {
                    _debts.Owe(node, _blobs[share[i]].Digest, _places[share[i]]);
                }
            }
        }

        for (var i = 0; i < refusals.Length; i++)
        {
            if (taken[i] > 0)
            {
                StoreMetrics.DegradedWrites.Add(refusals[i] is null ? 0 : 1);
                refusals[i] = null;
            }
        }

        return refusals;
    }

    private async Task<(CacheNode Node, List<int> Share, BlobStoreException?[] Answers)> TellAsync(CacheNode node, List<int> share, CancellationToken cancellationToken) =>
        (node, share, await node.Blobs.PutManyAsync(share.ConvertAll(i => _blobs[i]), cancellationToken));
}
