namespace BuildFarm.BlobStore.Tiers;

/// <summary>When a tier gets what is written.</summary>
public enum TierWrites
{
    /// <summary>Before the write is acknowledged: while the tier is down, writes fail.</summary>
    Through,

    /// <summary>
    /// After it: while the tier is down, blobs wait in the nearer one. What that one loses or evicts meanwhile, or what waits
    /// when the process ends, reaches this tier when somebody next asks for it, or never.
    /// </summary>
    Behind,

    /// <summary>Never: the tier is only read.</summary>
    Never,
}
