namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>What the examples of one docstring gave.</summary>
/// <param name="Name">Dotted, the module's name first; a text file's name.</param>
/// <param name="Line">Of the docstring in the file, from 1; null when Python does not tell.</param>
/// <param name="Examples">That ran.</param>
/// <param name="Skipped">That did not run since they are marked so, or the docstring is.</param>
/// <param name="IsKnown">Whether its failures are known and do not count.</param>
/// <param name="Failures">Empty when all passed.</param>
/// <param name="Duration">Wall time.</param>
public sealed record DocstringResult(
    string Name, int? Line, int Examples, int Skipped, bool IsKnown, IReadOnlyList<ExampleFailure> Failures, TimeSpan Duration);
