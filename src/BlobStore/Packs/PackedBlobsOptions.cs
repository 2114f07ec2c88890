namespace BuildFarm.BlobStore.Packs;

/// <summary>What a <see cref="PackedBlobs"/> holds, and how careful it is.</summary>
internal sealed record PackedBlobsOptions
{
    /// <summary>Blobs of up to so many bytes are packed.</summary>
    public int LargestBytes { get; init; } = 4096;

    /// <summary>Blobs packed at once, some 40 bytes of memory each.</summary>
    public long MaxBlobs { get; init; } = 4_000_000;

    /// <summary>Bytes of a full pack.</summary>
    public long PackBytes { get; init; } = 32 << 20;

    /// <summary>Compares content with its digest at every read.</summary>
    public bool VerifiesReads { get; init; } = true;

    /// <summary>Forces each record to the disk before it is acknowledged.</summary>
    public bool Sync { get; init; }

    /// <summary>How often the lists on the disk take over the last uses.</summary>
    public TimeSpan ListInterval { get; init; } = TimeSpan.FromMinutes(5);
}
