using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>
/// Python doctests by file: one task, and so one process, a file, since Python's own command imports by bare name and stops at the first file
/// that fails.
/// </summary>
public sealed class PythonDoctestSplitter : ITestSplitter
{
    private const int LongestName = 200;

    private readonly PythonDoctestOptions _options;
    private readonly ILookup<string, KnownDoctest> _known;

    public PythonDoctestSplitter(PythonDoctestOptions? options = null)
    {
        _options = options ?? new PythonDoctestOptions();
        _known = _options.Known.ToLookup(known => known.File, StringComparer.Ordinal);
    }

    public string Name => "python-doctest";

    /// <summary>Modules and text files in which a line begins with <c>&gt;&gt;&gt;</c>; with <see cref="TestSelection.IncludeUnmarked"/> every module.</summary>
    public async ValueTask<IReadOnlyList<string>> DiscoverAsync(TestSelection selection, OpenTestFile open, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentNullException.ThrowIfNull(open);
        var found = new List<string>();
        foreach (var path in selection.Files)
        {
            if (!DoctestScan.IsCandidate(path) || selection.Matches is { } matches && !matches(path))
                continue;
            if (selection.IncludeUnmarked && DoctestScan.IsModule(path) || await HasPromptAsync(path, open, cancellationToken).ConfigureAwait(false))
                found.Add(path);
        }

        return found;
    }

    public IReadOnlyList<PlannedTask> Plan(IReadOnlyList<string> testFiles, RecordedTimes times)
    {
        ArgumentNullException.ThrowIfNull(testFiles);
        ArgumentNullException.ThrowIfNull(times);
        return [.. ShardPlanner.LongestFirst(testFiles, times).Select(entry => PlanFile(entry.File, times.Find(entry.File)))];
    }

    private static async ValueTask<bool> HasPromptAsync(string path, OpenTestFile open, CancellationToken cancellationToken)
    {
        var content = await open(path, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            return await DoctestScan.HasPromptAsync(content, cancellationToken).ConfigureAwait(false);
        }
    }

    private PlannedTask PlanFile(string path, TimeSpan? recorded)
    {
        var driver = new PlannedInput(DoctestDriver.Path, SourcePath: null, DoctestDriver.Content);
        return new PlannedTask
        {
            Name = NameOf(_options.NamePrefix + path),
            Arguments = ArgumentsFor(path),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                // Sets print in the order of their hashes; results should not change from run to run, nor leave compiled files in the inputs.
                ["PYTHONHASHSEED"] = "0",
                ["PYTHONDONTWRITEBYTECODE"] = "1",
            },
            Inputs = [driver, new PlannedInput(path, path)],
            NeedsProject = _options.InstalledRoot is null,
            Outputs = [DoctestDriver.ReportPath],
            ExpectedDuration = recorded,
            TestFiles = [path],
        };
    }

    private List<string> ArgumentsFor(string path)
    {
        List<string> arguments = [_options.Python, DoctestDriver.Path, "--report", DoctestDriver.ReportPath];
        if (_options.InstalledRoot is { } installed)
            arguments.AddRange(["--root", installed, "--declared", path]);
        else if (_options.ModuleRoot is { } root)
            arguments.AddRange(["--root", root.Length == 0 ? "." : root]);
        arguments.AddRange(_options.DoctestOptions.SelectMany(option => new[] { "--option", option }));
        if (_options.FailEmpty)
            arguments.Add("--fail-empty");
        foreach (var known in _known[path])
            arguments.AddRange([known.Treatment == DoctestTreatment.Skip ? "--skip" : "--known-failure", known.Docstring]);
        // The driver reads options before the file; a path that begins with a dash must not look like one.
        arguments.AddRange(["--", _options.InstalledRoot is null ? path : $"{_options.InstalledRoot.TrimEnd('/')}/{path}"]);
        return arguments;
    }

    /// <summary>Names have a longest length; what is cut away is replaced by a hash, so that they stay apart.</summary>
    private static string NameOf(string name)
    {
        if (name.Length <= LongestName)
            return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8));
        return $"{hash}…{name[^(LongestName - hash.Length - 1)..]}";
    }
}
