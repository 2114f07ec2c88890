namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>What the driver found out about one file, as far as its report goes.</summary>
public sealed record DoctestReport
{
    /// <summary>Of the report's format; this program reads version 1.</summary>
    public const int Schema = 1;

    public required string File { get; init; }

    /// <summary>Dotted; null for text files.</summary>
    public string? Module { get; init; }

    /// <summary>Version of the interpreter: <c>3.11.2</c>.</summary>
    public string? Python { get; init; }

    /// <summary>Docstrings with examples; null when the import did not succeed.</summary>
    public int? PlannedDocstrings { get; init; }

    /// <summary>In the order they ran.</summary>
    public IReadOnlyList<DocstringResult> Docstrings { get; init; } = [];

    /// <summary>The docstring that ran when the report stopped; null when none did.</summary>
    public string? Unfinished { get; init; }

    public DoctestEnd End { get; init; }

    /// <summary>One line for <see cref="DoctestEnd.Broken"/> and <see cref="DoctestEnd.Interrupted"/>.</summary>
    public string? Error { get; init; }

    /// <summary>From the start of the driver's work to its end; null when the report stops before.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>That ran.</summary>
    public int Examples => Docstrings.Sum(docstring => docstring.Examples);

    public int Skipped => Docstrings.Sum(docstring => docstring.Skipped);

    /// <summary>That count.</summary>
    public int Failures => Docstrings.Where(docstring => !docstring.IsKnown).Sum(docstring => docstring.Failures.Count);

    /// <summary>That are known and do not count.</summary>
    public int KnownFailures => Docstrings.Where(docstring => docstring.IsKnown).Sum(docstring => docstring.Failures.Count);
}
