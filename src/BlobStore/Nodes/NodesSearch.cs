using System.Collections.Concurrent;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>One question for many blobs: every node is asked once, for its share, and all of them at the same time.</summary>
internal sealed class NodesSearch
{
    private readonly Dictionary<Digest, CacheNode[]> _places = [];
    private readonly Dictionary<CacheNode, List<Digest>> _shares = [];
    private readonly ConcurrentDictionary<CacheNode, HashSet<Digest>> _lackedBy = new();
    private readonly ConcurrentDictionary<CacheNode, BlobStoreUnavailableException> _failures = new();
    private readonly List<Digest> _missing = [];
    private readonly List<(CacheNode, Digest, CacheNode[])> _lacking = [];

    public NodesSearch(NodeSet nodes, IReadOnlyCollection<Digest> digests)
    {
        foreach (var digest in digests)
        {
            if (digest.IsEmptyBlob || _places.ContainsKey(digest))
            {
                continue;
            }

            var places = nodes.Of(digest);
            _places.Add(digest, places);
            foreach (var node in places)
            {
                if (!_shares.TryGetValue(node, out var share))
                {
                    _shares.Add(node, share = []);
                }

                share.Add(digest);
            }
        }
    }

    /// <summary>What no node has.</summary>
    public IReadOnlyList<Digest> Missing => _missing;

    /// <summary>Nodes that answered without a blob which another of its nodes has.</summary>
    public IReadOnlyList<(CacheNode Node, Digest Digest, CacheNode[] Others)> Lacking => _lacking;

    /// <exception cref="BlobStoreUnavailableException">None of a blob's nodes answers.</exception>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_shares.Select(share => AskAsync(share.Key, share.Value, cancellationToken)));
        foreach (var (digest, places) in _places)
        {
            var answered = places.Where(node => !_failures.ContainsKey(node)).ToList();
            if (answered.Count == 0)
            {
                throw _failures[places[0]];
            }

            var without = answered.Where(node => _lackedBy[node].Contains(digest)).ToList();
            if (without.Count == answered.Count)
            {
                _missing.Add(digest);
            }
            else
            {
                without.ForEach(node => _lacking.Add((node, digest, places)));
            }
        }
    }

    private async Task AskAsync(CacheNode node, List<Digest> share, CancellationToken cancellationToken)
    {
        try
        {
            _lackedBy[node] = [.. await node.Blobs.FindMissingAsync(share, cancellationToken)];
        }
        catch (BlobStoreUnavailableException e)
        {
            _failures[node] = e;
        }
    }
}
