using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Keys;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Remote;
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
    public static BlobStores OpenOwner(BlobStoreOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var directory = StoreDirectory.Open(options.Directory);
        var blobs = DiskBlobStore.Open(directory, options.Blobs, time, loggers.CreateLogger<DiskBlobStore>());
        var results = DiskActionCache.Open(directory, options.Actions, time, loggers.CreateLogger<DiskActionCache>());
        var logs = DiskLogStore.Open(directory, options.Logs, time, loggers.CreateLogger<DiskLogStore>());
        var complete = new CompletenessCheckingActionCache(results, blobs, loggers.CreateLogger<CompletenessCheckingActionCache>());
        var keys = DiskKeyStore.Open(directory, options.MaxKeyBytes, time, loggers.CreateLogger<DiskKeyStore>());
        return new BlobStores(directory, blobs, complete, logs, [blobs, results, logs, keys]);
    }

    /// <summary>The stores of a worker in a process of its own: its files in front of the cache at the other end of a channel.</summary>
    /// <param name="options">Where its files are, and how much they may take.</param>
    /// <param name="cache">Of a channel to the cache service.</param>
    /// <param name="instanceName">REAPI instance; empty for the default one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For the stores.</param>
    /// <exception cref="IOException">Another process holds the directory, or it cannot be used.</exception>
    public static BlobStores OpenWorker(
        BlobStoreOptions options, CallInvoker cache, string instanceName, TimeProvider time, ILoggerFactory loggers)
    {
        var directory = StoreDirectory.Open(options.Directory);
        var local = DiskBlobStore.Open(directory, options.Blobs, time, loggers.CreateLogger<DiskBlobStore>());
        // The local store verifies what it takes, but a blob too large for it is read straight from the cache.
        var remote = new ExistenceCachingBlobStore(
            new VerifyingBlobStore(new RemoteBlobStore(cache, instanceName), "the cache"), options.RemoteExistenceLifetime, time);
        return new BlobStores(directory, new ReadThroughBlobStore(local, remote), actions: null, new RemoteLogStore(cache), [local]);
    }
}
