using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Keys;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Packs;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tiers;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore;

/// <summary>Turns options into stores; which decorator stands in front of which is said here and nowhere else.</summary>
public static class BlobStoreFactory
{
    /// <summary>
    /// The stores of the process that keeps everything: the cache service, or the embedded farm, whose workers lay their
    /// inputs out from the same files.
    /// </summary>
    /// <exception cref="IOException">Another process holds the directory, or it cannot be used.</exception>
    /// <exception cref="InvalidDataException">A tier cannot be made from its options.</exception>
    public static BlobStores OpenOwner(BlobStoreOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var directory = StoreDirectory.Open(options.Directory);
        var blobs = PackingBlobStore.Open(directory, options.Blobs, time, loggers.CreateLogger<DiskBlobStore>());
        var results = DiskActionCache.Open(directory, options.Actions, time, loggers.CreateLogger<DiskActionCache>());
        var logs = DiskLogStore.Open(directory, options.Logs, time, loggers.CreateLogger<DiskLogStore>());
        var tiers = TierStack.Build(options.Tiers, blobs, results, time, loggers);
        var complete = new CompletenessCheckingActionCache(tiers.Actions, tiers.Blobs, loggers.CreateLogger<CompletenessCheckingActionCache>());
        var keys = DiskKeyStore.Open(directory, options.MaxKeyBytes, time, loggers.CreateLogger<DiskKeyStore>());
        return new BlobStores(directory, tiers.Blobs, complete, tiers.Actions, logs, [tiers, blobs, results, logs, keys])
        {
            Scrubber = new BlobScrubber(blobs, directory, time, loggers.CreateLogger<BlobScrubber>()),
            Sweeper = new ResultSweeper(results, blobs, tiers.Blobs),
        };
    }

    /// <summary>The stores of a worker in a process of its own: its files in front of the cache at the other end of a channel.</summary>
    /// <param name="options">Where its files are, and how much they may take.</param>
    /// <param name="cache">Of a channel to the cache service.</param>
    /// <param name="instanceName">REAPI instance; empty for the default one.</param>
    /// <param name="patience">How long a cache that does not answer is waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For the stores.</param>
    /// <exception cref="IOException">Another process holds the directory, or it cannot be used.</exception>
    public static BlobStores OpenWorker(
        BlobStoreOptions options, CallInvoker cache, string instanceName, TimeSpan patience, TimeProvider time, ILoggerFactory loggers)
    {
        var directory = StoreDirectory.Open(options.Directory);
        var local = DiskBlobStore.Open(directory, options.Blobs, time, loggers.CreateLogger<DiskBlobStore>());
        // The local store verifies what it takes, but a blob too large for it is read straight from the cache.
        // What it has is asked every time: it may have evicted what it had a moment ago, and asking renews the life of what it keeps.
        var remote = new VerifyingBlobStore(new RemoteBlobStore(cache, instanceName), "the cache");
        var outage = new RemoteOutage(patience, time, loggers.CreateLogger<RemoteOutage>());
        return new BlobStores(directory, new ReadThroughBlobStore(local, remote, outage), actions: null, entries: null, new RemoteLogStore(cache), [local]);
    }
}
