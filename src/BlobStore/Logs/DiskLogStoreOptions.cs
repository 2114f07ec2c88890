namespace BuildFarm.BlobStore.Logs;

/// <summary>What a <see cref="DiskLogStore"/> may use.</summary>
public sealed record DiskLogStoreOptions
{
    /// <summary>Space for finished streams, in bytes, each counted in whole blocks of 4 KiB; the least recently read go first.</summary>
    public long MaxBytes { get; init; } = 5L << 30;

    /// <summary>Bytes that one stream may have.</summary>
    public long MaxStreamBytes { get; init; } = 1L << 30;

    /// <summary>How long a stream that nobody reads is kept.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);
}
