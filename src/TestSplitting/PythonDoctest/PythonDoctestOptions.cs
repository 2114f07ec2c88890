namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>How Python's doctests are run.</summary>
public sealed record PythonDoctestOptions
{
    /// <summary>The interpreter: a name to look up in PATH, or an absolute path in the task's root.</summary>
    public string Python { get; init; } = "python3";

    /// <summary>The folder that module names count from, relative to the input root; null lets the driver find the first folder that is no package.</summary>
    public string? ModuleRoot { get; init; }

    /// <summary>
    /// Where the tested files are in the task's root when they are part of it, as an absolute folder. They are then tested there, under this
    /// folder as the module root; each is declared as an input too, and the driver refuses to run when the two differ. Null: in the input root.
    /// </summary>
    public string? InstalledRoot { get; init; }

    /// <summary>Options of doctest by name, such as <c>ELLIPSIS</c>.</summary>
    public IReadOnlyList<string> DoctestOptions { get; init; } = [];

    /// <summary>A file without examples fails instead of passing with none.</summary>
    public bool FailEmpty { get; init; }

    /// <summary>Docstrings that do not pass, and why.</summary>
    public IReadOnlyList<KnownDoctest> Known { get; init; } = [];

    /// <summary>Before the file's path in the task's name.</summary>
    public string NamePrefix { get; init; } = "";
}
