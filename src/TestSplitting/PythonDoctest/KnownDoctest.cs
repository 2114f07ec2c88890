namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>A docstring whose examples are known not to pass, with the reason.</summary>
/// <param name="File">As in the selection.</param>
/// <param name="Docstring">Dotted name as doctest reports it, the module's name first.</param>
/// <param name="Treatment">What becomes of it.</param>
/// <param name="Reason">One line for people.</param>
public sealed record KnownDoctest(string File, string Docstring, DoctestTreatment Treatment, string Reason);
