using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>The nodes at one time, and which of them a blob lies on.</summary>
public sealed class NodeSet
{
    private readonly ulong[] _seeds;
    private readonly int _copies;

    /// <param name="nodes">In any order.</param>
    /// <param name="copies">Nodes that each blob lies on.</param>
    public NodeSet(IReadOnlyList<CacheNode> nodes, int copies)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        Nodes = nodes;
        _seeds = [.. nodes.Select(node => node.Seed)];
        _copies = Math.Min(copies, nodes.Count);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<CacheNode> Nodes { get; }

    /// <summary>The nodes of a blob or of an action's results, the first choice first.</summary>
    public CacheNode[] Of(in Digest digest)
    {
        Span<int> places = stackalloc int[_copies];
        Rendezvous.Place(_seeds, Rendezvous.KeyOf(digest), places);
        var nodes = new CacheNode[_copies];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Nodes[places[i]];
        }

        return nodes;
    }
}
