using System.Collections.Concurrent;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.S3;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>Opens the tiers at the other end of a network, each behind a guard.</summary>
/// <param name="owned">Gets what is to be closed, in the order of its making.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">For the tiers.</param>
internal sealed class FarTiers(Stack<object> owned, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan LookUpEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30);

    // Nodes come at any time.
    private readonly ConcurrentBag<GrpcChannel> _channels = [];

    /// <summary>The tier's blobs, and its results where it keeps any.</summary>
    /// <exception cref="InvalidDataException">It cannot be made from its options.</exception>
    public (IBlobStore Blobs, IActionTier? Actions) Open(TierOptions tier) => tier.Kind switch
    {
        TierKind.S3 => OpenS3(tier.S3),
        TierKind.Remote => (OpenRemote(tier), null),
        TierKind.Nodes => OpenNodes(tier),
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier.Kind, "is not far"),
    };

    /// <summary>Closes the connections, when nothing uses them any more.</summary>
    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private (IBlobStore Blobs, IActionTier Actions) OpenS3(S3Options options)
    {
        var bucket = S3Bucket.Open(options);
        owned.Push(bucket);
        // The bucket's own time limit is that of one attempt.
        var patience = options.Timeout * (options.Retries + 2);
        var blobs = new S3BlobStore(bucket, time, loggers.CreateLogger<S3BlobStore>());
        return (Guard(blobs, bucket.Where, patience), new S3ActionCache(bucket, loggers.CreateLogger<S3ActionCache>()));
    }

    private GuardedBlobStore OpenRemote(TierOptions tier)
    {
        var name = $"the cache at {tier.Address}";
        var blobs = new RemoteBlobStore(Connect(tier.Address, tier.Timeout).CreateCallInvoker(), tier.Instance);
        return Guard(new VerifyingBlobStore(blobs, name), name, tier.Timeout);
    }

    private (IBlobStore Blobs, IActionTier? Actions) OpenNodes(TierOptions tier)
    {
        var key = tier.KeyFile.Length > 0 ? File.ReadAllText(tier.KeyFile).Trim() : null;
        var list = new NodeList(NodeAddresses.Source(tier.Addresses), tier.Copies, address => OpenNode(address, tier.Timeout, key), LookUpEvery, time, loggers.CreateLogger<NodeList>());
        owned.Push(list);
        var blobs = new NodesBlobStore(() => list.Current, time, loggers.CreateLogger<NodesBlobStore>());
        owned.Push(blobs);
        return (blobs, key is null ? null : new NodesActionCache(() => list.Current, loggers.CreateLogger<NodesActionCache>()));
    }

    private CacheNode OpenNode(string address, TimeSpan patience, string? key)
    {
        var invoker = Connect(address, patience).CreateCallInvoker();
        var name = $"cache node {address}";
        var remote = new VerifyingBlobStore(new RemoteBlobStore(invoker), name);
        return new CacheNode(
            address,
            Guard(key is null ? remote : new NodeHashIndex(remote, invoker, key), name, patience),
            key is null ? null : new NodeEntries(invoker, key));
    }

    private GrpcChannel Connect(string address, TimeSpan patience)
    {
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { ConnectTimeout = patience, KeepAlivePingDelay = PingAfter, TimeProvider = time });
        _channels.Add(channel);
        return channel;
    }

    private GuardedBlobStore Guard(IBlobStore store, string name, TimeSpan patience) =>
        new(store, name, patience, time, loggers.CreateLogger<GuardedBlobStore>());
}
