namespace BuildFarm.BlobStore.Actions;

/// <summary>What a <see cref="DiskActionCache"/> may use, and how careful it is.</summary>
public sealed record DiskActionCacheOptions
{
    /// <summary>Space for entries, in bytes, each counted in whole blocks of 4 KiB.</summary>
    public long MaxBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Forces each entry to the disk. Off by default: an entry outlives this process either way, and a power failure that takes
    /// or tears it makes a miss, which costs one execution; a flush would cost every task some milliseconds.
    /// </summary>
    public bool SyncEntries { get; init; }
}
