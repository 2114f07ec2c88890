namespace BuildFarm.TestSplitting;

/// <summary>Opens a file of the project for reading; the path is one of <see cref="TestSelection.Files"/>.</summary>
public delegate ValueTask<Stream> OpenTestFile(string path, CancellationToken cancellationToken);

/// <summary>Turns a project's files into tasks for one runner: which files hold tests, and what runs them.</summary>
public interface ITestSplitter
{
    /// <summary>As a person names it: <c>python-doctest</c>.</summary>
    string Name { get; }

    /// <summary>The files that hold tests for this runner, in the order of the selection.</summary>
    ValueTask<IReadOnlyList<string>> DiscoverAsync(TestSelection selection, OpenTestFile open, CancellationToken cancellationToken);

    /// <summary>The tasks that run these files, each file in exactly one of them, the longest expected first.</summary>
    IReadOnlyList<PlannedTask> Plan(IReadOnlyList<string> testFiles, RecordedTimes times);
}
