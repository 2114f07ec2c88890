namespace BuildFarm.BlobStore.Disk;

/// <summary>How much an <see cref="LruFiles"/> keeps.</summary>
internal sealed record LruFilesOptions
{
    /// <summary>Names the tree below the store directory, and its index.</summary>
    public required string Name { get; init; }

    /// <summary>Space that the files may take, in bytes, each file counted in whole blocks of 4 KiB.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>Files unused for longer go, whatever room there is; null keeps them.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// What was written or used within this time is not evicted, whatever room is wanted: a lease that each use renews. Zero: nothing is held.
    /// </summary>
    public TimeSpan MinimumLifetime { get; init; }

    /// <summary>Ending of files that the tree holds and this does not count or evict; null when there is none.</summary>
    public string? ForeignSuffix { get; init; }

    /// <summary>How many of the files that went last are known by name; some hundred bytes each in the index.</summary>
    public int RememberGone { get; init; }

    /// <summary>Pause between two folders while the index is reconciled with the disk, so that it never competes with reads.</summary>
    public TimeSpan ReconcilePause { get; init; } = TimeSpan.FromMilliseconds(10);
}
