namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>One example that did not give what it promised.</summary>
/// <param name="Id">Made of the docstring's name, the example's text and which of its equals it is: stable when lines move.</param>
/// <param name="Line">In the file, from 1; null when Python does not tell.</param>
/// <param name="Source">The example's text.</param>
/// <param name="Want">What should have been printed.</param>
/// <param name="Got">What was printed; null when it raised.</param>
/// <param name="Exception">Type and message of what it raised; null when it printed.</param>
public sealed record ExampleFailure(string Id, int? Line, string Source, string Want, string? Got, string? Exception);
