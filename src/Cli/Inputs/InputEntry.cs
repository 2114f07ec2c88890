namespace BuildFarm.Cli.Inputs;

/// <summary>One file, folder or link of an input folder.</summary>
/// <param name="Path">Relative to the input folder, segments joined by '/'.</param>
/// <param name="Facts">What it was when the folder was read.</param>
/// <param name="LinkTarget">Where a symlink points, as it is written; null for everything else.</param>
public sealed record InputEntry(string Path, FileFacts Facts, string? LinkTarget);
