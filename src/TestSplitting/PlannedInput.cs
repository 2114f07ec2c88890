namespace BuildFarm.TestSplitting;

/// <summary>A file that a planned task needs in its input root.</summary>
/// <param name="Path">In the input root, with <c>/</c>.</param>
/// <param name="SourcePath">Where its content is: a path as in the selection. Null when <paramref name="Content"/> is the content.</param>
/// <param name="Content">What the splitter brings along, such as a driver.</param>
public sealed record PlannedInput(string Path, string? SourcePath, ReadOnlyMemory<byte> Content = default);
