using BuildFarm.BlobStore.Tiers;
using BuildFarm.TestKit;

namespace BuildFarm.Cache.Tests.Nodes;

/// <summary>Some caches that are nodes, and one in front of them; all on real Kestrels of this process.</summary>
internal sealed class NodesFront : IAsyncDisposable
{
    // A node that is away refuses connections at once; one of a machine that stands still is not away.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder;
    private readonly List<CacheServer> _nodes;

    private NodesFront(TempFolder folder, List<CacheServer> nodes, CacheServer server) => (_folder, _nodes, Server) = (folder, nodes, server);

    public IReadOnlyList<CacheServer> Nodes => _nodes;

    /// <summary>What clients talk to.</summary>
    public CacheServer Server { get; }

    public static async Task<NodesFront> StartAsync(int nodes, bool withDisk = false)
    {
        var folder = new TempFolder();
        var key = folder.File("key");
        await File.WriteAllTextAsync(key, "0123456789abcdef0123456789abcdef\n");
        var started = new List<CacheServer>();
        for (var i = 0; i < nodes; i++)
        {
            started.Add(await CacheServer.StartAsync(options => options.CoordinatorKeyFile = key, folder.File($"node-{i}")));
        }

        var tier = new TierOptions { Kind = TierKind.Nodes, Addresses = string.Join(',', started.Select(node => node.Address)), KeyFile = key, Timeout = Patience };
        var front = await CacheServer.StartAsync(
            options =>
            {
                options.Tiers = withDisk ? [new TierOptions { Kind = TierKind.Memory }, new TierOptions { Kind = TierKind.Disk }, tier] : [tier];
                options.AllowClientUpdates = true;
            },
            folder.File("front"));
        return new NodesFront(folder, started, front);
    }

    /// <summary>Ends a node; its connections break.</summary>
    public async Task StopAsync(CacheServer node)
    {
        _nodes.Remove(node);
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _folder.Dispose();
    }
}
