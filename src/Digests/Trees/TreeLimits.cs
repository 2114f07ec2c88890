namespace BuildFarm.Digests.Trees;

/// <summary>How large a tree may be. The defaults hold trees of real projects with room to spare, and stop bombs.</summary>
public sealed record TreeLimits
{
    public static TreeLimits Default { get; } = new();

    /// <summary>Levels of directories, the root's included.</summary>
    public int MaxDepth { get; init; } = 128;

    /// <summary>Files, symlinks and directories, counted as they would be laid out: a directory that is named twice counts twice.</summary>
    public long MaxEntries { get; init; } = 500_000;

    /// <summary>Bytes of one Directory message.</summary>
    public long MaxDirectoryBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of all files, counted as they would be laid out.</summary>
    public long MaxTotalBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// Whether symlinks may have absolute targets. They resolve in the task's container, so they are harmless there and allowed; it must agree
    /// with the capabilities that the server announces.
    /// </summary>
    public bool AllowAbsoluteSymlinks { get; init; } = true;
}
