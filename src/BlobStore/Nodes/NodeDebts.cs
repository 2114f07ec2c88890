using System.Collections.Concurrent;
using System.Threading.Channels;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Blobs that a node should have and does not: copied from the others as soon as it answers. Bounded and in memory: what does
/// not fit, or is not done at the end, is found again when somebody asks for the blob.
/// </summary>
internal sealed partial class NodeDebts : IAsyncDisposable
{
    private const int Waiting = 100_000;
    private const int Copiers = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<string, Lazy<Debtor>> _byNode = new(StringComparer.Ordinal);

    public NodeDebts(TimeProvider time, ILogger logger) => (_time, _logger) = (time, logger);

    /// <summary>Copies that are owed now.</summary>
    public int Count => _byNode.Values.Sum(debtor => debtor.Value.Queued.Count);

    /// <summary>The node should have the blob, and one of the others has it.</summary>
    public void Owe(CacheNode node, Digest digest, IReadOnlyList<CacheNode> others)
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        var debtor = _byNode.GetOrAdd(node.Name, (_, self) => new Lazy<Debtor>(() => self.Start(node)), this).Value;
        if (debtor.Queued.TryAdd(digest, true) && !debtor.Debts.Writer.TryWrite((digest, others)))
        {
            debtor.Queued.TryRemove(digest, out _);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_byNode.Values.SelectMany(debtor => debtor.Value.Running));
        _ended.Dispose();
    }

    private Debtor Start(CacheNode node)
    {
        var debtor = new Debtor(node);
        debtor.Running = [.. Enumerable.Range(0, Copiers).Select(_ => Task.Run(() => PayAsync(debtor)))];
        return debtor;
    }

    private async Task PayAsync(Debtor debtor)
    {
        try
        {
            await foreach (var (digest, others) in debtor.Debts.Reader.ReadAllAsync(_ended.Token))
            {
                await PayAsync(debtor.Node, digest, others);
                debtor.Queued.TryRemove(digest, out _);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task PayAsync(CacheNode node, Digest digest, IReadOnlyList<CacheNode> others)
    {
        while (true)
        {
            while (node.IsDown)
            {
                await Task.Delay(Pause, _time, _ended.Token);
            }

            try
            {
                if (await CopyAsync(node, digest, others))
                {
                    StoreMetrics.Healed.Add(1);
                }

                return;
            }
            catch (BlobStoreUnavailableException) when (node.HasFailed)
            {
                // Again when it is back. That it may be asked again already, as after this process stood still, does not end the debt.
            }
            catch (Exception e) when (e is BlobStoreException or IOException)
            {
                LogUnpaid(digest, node.Name, e.Message);
                return;
            }
        }
    }

    private async Task<bool> CopyAsync(CacheNode node, Digest digest, IReadOnlyList<CacheNode> others)
    {
        if (await node.Blobs.ContainsAsync(digest, _ended.Token))
        {
            return false;
        }

        foreach (var other in others.Where(other => other != node && !other.IsDown))
        {
            if (await BlobCopy.RunAsync(digest, other.Blobs, node.Blobs, _ended.Token))
            {
                return true;
            }
        }

        return false;
    }

    [LoggerMessage(EventId = 271, Level = LogLevel.Warning, Message = "blob {Digest} was not copied to {Node}: {Problem}")]
    private partial void LogUnpaid(Digest digest, string node, string problem);

    private sealed class Debtor(CacheNode node)
    {
        public CacheNode Node { get; } = node;

        public Channel<(Digest Digest, IReadOnlyList<CacheNode> Others)> Debts { get; } = Channel.CreateBounded<(Digest, IReadOnlyList<CacheNode>)>(Waiting);

        public ConcurrentDictionary<Digest, bool> Queued { get; } = new();

        public IReadOnlyList<Task> Running { get; set; } = [];
    }
}
