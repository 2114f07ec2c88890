namespace BuildFarm.BlobStore.Disk;

/// <summary>What a <see cref="DiskBlobStore"/> may use, and how careful it is.</summary>
public sealed record DiskBlobStoreOptions
{
    /// <summary>Space for blobs, in bytes, each counted in whole blocks of 4 KiB. The least recently used go when it is reached.</summary>
    public long MaxBytes { get; init; } = 20L << 30;

    /// <summary>
    /// A blob that was written, found or read within this time is not evicted: it is leased to who asked, and each use renews the lease. When only
    /// leased ones are left a write is refused. Zero: whatever is oldest may go.
    /// </summary>
    public TimeSpan MinimumLifetime { get; init; }

    /// <summary>
    /// Blobs of up to so many bytes lie many to a file; 0 gives each a file of its own, as suits a store whose blobs are inputs of tasks
    /// and little else.
    /// </summary>
    public int PackUpTo { get; init; }

    /// <summary>Blobs packed at once; further small ones get files. Each takes some 40 bytes of memory.</summary>
    public long MaxPackedBlobs { get; init; } = 4_000_000;

    /// <summary>When stored bytes are compared with their digest.</summary>
    public ReadVerification ReadVerification { get; init; } = ReadVerification.FirstRead;

    /// <summary>
    /// Forces every blob to the disk before it is acknowledged. Off by default: a blob can be made or uploaded again, and one
    /// that a power failure has torn does not pass verification, so that it is a miss and never a wrong answer.
    /// </summary>
    public bool SyncBlobs { get; init; }
}
