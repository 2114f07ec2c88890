namespace BuildFarm.Digests.Trees;

/// <summary>What a valid tree holds.</summary>
/// <param name="Entries">Files, symlinks and directories as they would be laid out, without the root.</param>
/// <param name="TotalBytes">Bytes of all files as they would be laid out.</param>
/// <param name="Depth">Levels of directories, the root's included.</param>
/// <param name="Directories">Every Directory of the tree once, the root too.</param>
/// <param name="Files">Every file's blob once, the empty blob left out.</param>
public sealed record TreeSummary(
    long Entries, long TotalBytes, int Depth, IReadOnlyCollection<Digest> Directories, IReadOnlyCollection<Digest> Files);
