namespace BuildFarm.TestSplitting;

/// <summary>Where tests are looked for.</summary>
/// <param name="Files">Paths relative to the project's root, with <c>/</c>.</param>
/// <param name="Matches">Which of them count; null means all.</param>
/// <param name="IncludeUnmarked">Takes files of the right kind in which a quick look finds no test.</param>
public sealed record TestSelection(IReadOnlyList<string> Files, Predicate<string>? Matches = null, bool IncludeUnmarked = false);
