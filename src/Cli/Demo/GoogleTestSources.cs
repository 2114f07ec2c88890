namespace BuildFarm.Cli.Demo;

/// <summary>
/// The sources of GoogleTest. The amalgamations <c>*-all.cc</c>, which only include the other units, are left out: each unit is compiled by itself.
/// </summary>
/// <param name="Root">The folder with <c>googletest</c> and <c>googlemock</c>.</param>
/// <param name="Headers">What every unit may include, relative to the root.</param>
/// <param name="SampleHeaders">What samples may include besides.</param>
/// <param name="GTest">Units of the library, relative to the root.</param>
/// <param name="GMock">Units of the mocking library, relative to the root.</param>
/// <param name="Samples">Units of the samples, relative to the root.</param>
public sealed record GoogleTestSources(
    string Root,
    IReadOnlyList<string> Headers,
    IReadOnlyList<string> SampleHeaders,
    IReadOnlyList<string> GTest,
    IReadOnlyList<string> GMock,
    IReadOnlyList<string> Samples)
{
    /// <summary>Lists the sources below a folder.</summary>
    /// <exception cref="FarmException">They are not there.</exception>
    public static GoogleTestSources Find(string root)
    {
        if (!File.Exists(Path.Combine(root, "googletest/src/gtest.cc")))
        {
            throw FarmException.Usage($"There are no GoogleTest sources in {root}; install them: apt-get install googletest");
        }

        return new GoogleTestSources(
            root,
            [
                .. List(root, "googletest/include", "*.h", SearchOption.AllDirectories),
                .. List(root, "googlemock/include", "*.h", SearchOption.AllDirectories),
                .. List(root, "googletest/src", "*.h", SearchOption.TopDirectoryOnly),
            ],
            List(root, "googletest/samples", "*.h", SearchOption.TopDirectoryOnly),
            Units(root, "googletest/src"),
            Units(root, "googlemock/src"),
            Units(root, "googletest/samples"));
    }

    private static string[] Units(string root, string folder) =>
        [.. List(root, folder, "*.cc", SearchOption.TopDirectoryOnly).Where(unit => !unit.EndsWith("-all.cc", StringComparison.Ordinal))];

    private static string[] List(string root, string folder, string pattern, SearchOption depth) =>
        [.. Directory.EnumerateFiles(Path.Combine(root, folder), pattern, depth).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal)];
}
