using System.Diagnostics;
using BuildFarm.Bench.BlobStore;

namespace BuildFarm.Bench.Cache;

/// <summary>Some nodes, a front over them, and one more cache that stands alone.</summary>
internal sealed class NodesFarm(CacheProcess alone, CacheProcess front, IReadOnlyList<CacheProcess> nodes) : IAsyncDisposable
{
    // Room for one large blob, so that each round writes into pages that the one before has given back: the first touch of a page costs a virtual machine more than all else.
    private static readonly string[] Small = ["--Cache:MaxBlobBytes", "335544320", "--Cache:MinimumBlobLifetime", "00:00:00"];

    public CacheProcess Alone { get; } = alone;

    public CacheProcess Front { get; } = front;

    /// <summary>CPU time of all of them and of the client.</summary>
    public TimeSpan Cpu
    {
        get
        {
            using var self = Process.GetCurrentProcess();
            return nodes.Aggregate(self.TotalProcessorTime + Alone.Cpu + Front.Cpu, static (sum, node) => sum + node.Cpu);
        }
    }

    public static async Task<NodesFarm> StartAsync(string folder, int count)
    {
        var nodes = new List<CacheProcess>();
        for (var i = 0; i < count; i++)
        {
            nodes.Add(await CacheProcess.StartAsync(Path.Combine(folder, $"node-{i}"), known: null, Small));
        }

        var addresses = string.Join(',', nodes.Select(static node => node.Address));
        var front = await CacheProcess.StartAsync(Path.Combine(folder, "front"), known: null, "--Cache:Tiers:0:Kind", "nodes", "--Cache:Tiers:0:Addresses", addresses);
        return new NodesFarm(await CacheProcess.StartAsync(Path.Combine(folder, "alone"), known: null, Small), front, nodes);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in nodes.Append(Alone).Prepend(Front))
        {
            await process.DisposeAsync();
        }
    }
}
