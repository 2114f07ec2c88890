using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Tiers;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging.Abstractions;

namespace BuildFarm.BlobStore.Tests.Nodes;

/// <summary>Some nodes in memory that can be taken away, given back and added.</summary>
public sealed class NodesBench : IAsyncDisposable
{
    private readonly List<(CacheNode Node, FailingStore Store, MemoryBlobStore Memory)> _nodes = [];
    private volatile NodeSet _set;

    public NodesBench(int nodes, TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        _set = new NodeSet([], 2);
        for (var i = 0; i < nodes; i++)
        {
            Add();
        }

        Store = new NodesBlobStore(() => _set, Time, NullLogger<NodesBlobStore>.Instance);
        Results = new NodesActionCache(() => _set, NullLogger<NodesActionCache>.Instance);
    }

    public TimeProvider Time { get; }

    public NodesBlobStore Store { get; }

    public NodesActionCache Results { get; }

    public FailingStore this[CacheNode node] => _nodes.Single(known => known.Node == node).Store;

    /// <summary>Happens once, after a node has read an entry and before its answer arrives.</summary>
    public Func<ValueTask>? BeforeAnswer { get; set; }

    /// <summary>Batches of blobs that each node has had.</summary>
    public IEnumerable<int> Batches => _nodes.Select(static known => known.Store.Batches);

    public CacheNode Add()
    {
        var memory = new MemoryBlobStore(256 << 20);
        var store = new FailingStore(memory);
        var name = $"node-{_nodes.Count}";
        var node = new CacheNode(name, new GuardedBlobStore(store, name, TimeSpan.FromMinutes(1), Time, NullLogger<GuardedBlobStore>.Instance), new Entries(store, this));
        _nodes.Add((node, store, memory));
        _set = new NodeSet([.. _nodes.Select(known => known.Node)], 2);
        return node;
    }

    /// <summary>The blob's nodes, the first choice first.</summary>
    public CacheNode[] Of(Digest digest) => _set.Of(digest);

    /// <summary>Whether the node itself has the blob, down or not.</summary>
    public async Task<bool> HasAsync(CacheNode node, Digest digest) => await _nodes.Single(known => known.Node == node).Memory.ContainsAsync(digest);

    /// <summary>Puts a blob on one node alone.</summary>
    public async Task<Digest> PutOnAsync(CacheNode node, byte[] content) => await _nodes.Single(known => known.Node == node).Memory.PutBytesAsync(content);

    /// <summary>Some content whose first or second node is this one.</summary>
    public byte[] ContentOf(CacheNode node, int place, int size = 1000) =>
        Enumerable.Range(0, 10_000).Select(seed => TestContent.Of(size, seed)).First(content => Of(Digest.OfBytes(content))[place] == node);

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private sealed class Entries(FailingStore store, NodesBench bench) : IActionTier
    {
        private readonly Dictionary<ActionKey, ActionEntry> _entries = [];

        public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
        {
            Check();
            ActionEntry? entry;
            lock (_entries)
            {
                entry = _entries.GetValueOrDefault(key);
            }

            if (entry is not null && bench.BeforeAnswer is { } happens)
            {
                bench.BeforeAnswer = null;
                await happens();
            }

            return entry;
        }

        public ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
        {
            Check();
            lock (_entries)
            {
                return ValueTask.FromResult(_entries.TryAdd(key, entry));
            }
        }

        public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
        {
            Check();
            lock (_entries)
            {
                _entries[key] = entry;
            }

            return ValueTask.CompletedTask;
        }

        private void Check()
        {
            if (store.IsDown)
            {
                throw new BlobStoreUnavailableException("The node is down. Try again later.");
            }
        }
    }
}
