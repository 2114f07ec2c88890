namespace BuildFarm.Cli.Demo;

/// <summary>Python's standard library as it is installed: modules, and its own test modules when they are installed too.</summary>
/// <param name="Python">The interpreter, as tasks name it.</param>
/// <param name="Folder">Where the library is.</param>
/// <param name="Files">Modules relative to it.</param>
public sealed record StandardLibrary(string Python, string Folder, IReadOnlyList<string> Files)
{
    // What other packages put there, compiled code, and fixtures that tests read and that are no tests by themselves.
    private static readonly string[] OtherFolders = ["dist-packages", "site-packages", "lib-dynload", "__pycache__", "tests", "idle_test", "ensurepip", "idlelib"];

    /// <summary>Finds the library of an interpreter as Debian lays it out: <c>/usr/bin/python3</c> is a link to <c>python3.N</c>, and <c>/usr/lib/python3.N</c> the library.</summary>
    /// <exception cref="FarmException">There is no such interpreter or library.</exception>
    public static StandardLibrary Find(string python)
    {
        var real = File.Exists(python) ? File.ResolveLinkTarget(python, returnFinalTarget: true)?.FullName ?? python : null;
        var folder = real is null ? null : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(real)!, "..", "lib", Path.GetFileName(real)));
        if (folder is null || !File.Exists(Path.Combine(folder, "doctest.py")))
        {
            throw FarmException.Usage($"There is no Python with its standard library at {python}; install it: apt-get install python3");
        }

        var files = Directory.EnumerateFiles(folder, "*.py", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file))
            .Where(IsOwnModule)
            .Order(StringComparer.Ordinal);
        return new StandardLibrary(python, folder, [.. files]);
    }

    private static bool IsOwnModule(string path)
    {
        var segments = path.Split('/');
        if (segments.Any(segment => OtherFolders.Contains(segment) || segment.StartsWith("config-", StringComparison.Ordinal)))
        {
            return false;
        }

        // Of the package with the tests only the tests themselves, as far as they are modules right there.
        var test = Array.IndexOf(segments, "test");
        return test < 0 || (test == 0 && segments.Length == 2 && segments[1].StartsWith("test_", StringComparison.Ordinal));
    }
}
