namespace BuildFarm.Worker.Outputs;

/// <summary>How large the outputs of one task may be.</summary>
public sealed record OutputLimits
{
    /// <summary>Folders below each other in one output.</summary>
    public int MaxDepth { get; init; } = 128;

    /// <summary>Files, folders and links of all outputs.</summary>
    public int MaxEntries { get; init; } = 500_000;

    /// <summary>Bytes of all outputs.</summary>
    public long MaxTotalBytes { get; init; } = 50L << 30;

    /// <summary>Bytes of one file.</summary>
    public long MaxFileBytes { get; init; } = 20L << 30;
}
