namespace BuildFarm.TestKit.Bazel;

/// <summary>What Debian's Bazel 4.2.3 needs to build without a network.</summary>
public static class BazelOptions
{
    /// <summary>The packages that it is.</summary>
    public static Task RequireAsync() => Requirements.AptAsync(
        "bazel-bootstrap bazel-platforms g++", "command -v bazel && test -e /usr/share/bazel/tools/platforms/WORKSPACE && command -v g++");

    /// <summary>Options of commands that load packages: what they load from elsewhere are local repositories that forward to the native rules.</summary>
    public static IReadOnlyList<string> OfBuilds()
    {
        var overrides = Path.Combine(SourceFolder.Of(), "..", "..", "Conformance", "Reapi", "Clients", "bazel", "overrides");
        return
        [
            $"--override_repository=rules_cc={overrides}/rules_cc",
            $"--override_repository=rules_java={overrides}/rules_java",
            $"--override_repository=remote_coverage_tools={overrides}/coverage",
            "--override_repository=platforms=/usr/share/bazel/tools/platforms",
            "--color=no", "--curses=no", "--verbose_failures",
        ];
    }
}
