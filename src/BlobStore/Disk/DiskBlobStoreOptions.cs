namespace BuildFarm.BlobStore.Disk;

/// <summary>What a <see cref="DiskBlobStore"/> may use, and how careful it is.</summary>
public sealed record DiskBlobStoreOptions
{
    /// <summary>Space for blobs, in bytes, each counted in whole blocks of 4 KiB. The least recently used go when it is reached.</summary>
    public long MaxBytes { get; init; } = 20L << 30;

    /// <summary>When stored bytes are compared with their digest.</summary>
    public ReadVerification ReadVerification { get; init; } = ReadVerification.FirstRead;

    /// <summary>
    /// Forces every blob to the disk before it is acknowledged. Off by default: a blob can be made or uploaded again, and one
    /// that a power failure has torn does not pass verification, so that it is a miss and never a wrong answer.
    /// </summary>
    public bool SyncBlobs { get; init; }
}
