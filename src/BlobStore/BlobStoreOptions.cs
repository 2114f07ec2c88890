using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Tiers;

namespace BuildFarm.BlobStore;

/// <summary>What the stores of one process are made from.</summary>
public sealed record BlobStoreOptions
{
    /// <summary>Folder of the stores, made when missing and locked while they are open. It may be moved, not shared.</summary>
    public required string Directory { get; init; }

    /// <summary>The blobs on this machine's disk.</summary>
    public DiskBlobStoreOptions Blobs { get; init; } = new();

    /// <summary>The tiers of blobs and action results, the nearest first; none: the disk alone.</summary>
    public IReadOnlyList<TierOptions> Tiers { get; init; } = [];

    /// <summary>The action cache.</summary>
    public DiskActionCacheOptions Actions { get; init; } = new();

    /// <summary>Space for keys that clients make up, in bytes, each counted as a block of 4 KiB.</summary>
    public long MaxKeyBytes { get; init; } = 1L << 30;

    /// <summary>Live output.</summary>
    public DiskLogStoreOptions Logs { get; init; } = new();
}
