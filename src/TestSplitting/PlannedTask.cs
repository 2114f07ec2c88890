namespace BuildFarm.TestSplitting;

/// <summary>A test task in words that neither the farm's protocol nor a command line colours.</summary>
public sealed record PlannedTask
{
    /// <summary>Unique among the tasks of one plan; 1 to 200 characters.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the input root holds for this task, beside the whole project when <see cref="NeedsProject"/> says so.</summary>
    public IReadOnlyList<PlannedInput> Inputs { get; init; } = [];

    /// <summary>Whether the project's own files are inputs: tests that import their neighbours need them.</summary>
    public bool NeedsProject { get; init; } = true;

    /// <summary>Relative to the working directory, which is the input root.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>From recorded times; null when nothing is known.</summary>
    public TimeSpan? ExpectedDuration { get; init; }

    /// <summary>What it tests, as in the selection.</summary>
    public required IReadOnlyList<string> TestFiles { get; init; }
}
