namespace BuildFarm.BlobStore.Disk;

/// <summary>When a disk store compares stored bytes with their digest.</summary>
public enum ReadVerification
{
    /// <summary>
    /// At the first use of a blob in this process. Small blobs are hashed when they are opened; large ones beside the read,
    /// and the last bytes wait for the verdict.
    /// </summary>
    FirstRead,

    /// <summary>Never: for a disk that checks for itself (ZFS, btrfs).</summary>
    Never,
}
