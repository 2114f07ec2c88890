using BuildFarm.TestKit.Bazel;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>
/// Debian's Bazel 4.2.3 in a workspace, without a network: what it loads from elsewhere are local repositories that forward to the native
/// rules. The settings of the system stay: Debian says there where its Bazel has its parts.
/// </summary>
/// <param name="workspace">Where WORKSPACE is.</param>
/// <param name="home">Its home, and beside it all that Bazel keeps.</param>
internal sealed class BazelRunner(string workspace, string home)
{
    private bool _ran;

    /// <summary>Output of a target below bazel-bin.</summary>
    public string PathOf(string output) => Path.Combine(workspace, "bazel-bin", output);

    /// <summary>Starts a command; <paramref name="outputBase"/> is one of its own where what an earlier command left must not help.</summary>
    public FarmProcess Start(string command, IEnumerable<string> options, string outputBase = "")
    {
        _ran = true;
        var repositories = command is "clean" or "shutdown" ? [] : BazelOptions.OfBuilds();
        string[] place = outputBase.Length == 0 ? [] : [$"--output_base={home}/{outputBase}"];
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = home, ["USER"] = "tester" };
        return FarmProcess.Start(
            "bazel", ["--nohome_rc", "--max_idle_secs=120", $"--output_user_root={home}/bazel", .. place, command, .. repositories, .. options], workspace, environment);
    }

    /// <summary>Runs a command to its end.</summary>
    public async Task<FarmResult> RunAsync(string command, params string[] options)
    {
        await using var bazel = Start(command, command is "clean" or "shutdown" ? options : ["--noshow_progress", .. options]);
        return await bazel.EndAsync();
    }

    /// <summary>Ends Bazel's server and makes what it keeps removable: Bazel takes the right to write from it.</summary>
    public async Task EndAsync(params string[] outputBases)
    {
        foreach (var place in _ran ? outputBases.Append("") : [])
        {
            await using var shutdown = Start("shutdown", [], place);
            await shutdown.EndAsync();
        }

        await using var chmod = FarmProcess.Start("chmod", ["-R", "u+w", home], "/", new Dictionary<string, string?>(StringComparer.Ordinal));
        await chmod.EndAsync();
    }

    /// <summary>How many actions were run so, by Bazel's own count: "INFO: 17 processes: 8 internal, 9 remote."</summary>
    public static int Count(string error, string kind)
    {
        const string counts = " processes: ";
        var line = error.Split('\n').LastOrDefault(text => text.Contains(counts, StringComparison.Ordinal))
            ?? error.Split('\n').Last(text => text.Contains(" process: ", StringComparison.Ordinal)).Replace(" process: ", counts, StringComparison.Ordinal);
        var parts = line[(line.IndexOf(counts, StringComparison.Ordinal) + counts.Length)..].TrimEnd('.').Split(", ");
        var counted = parts.Select(part => part.Split(' ', 2)).FirstOrDefault(part => string.Equals(part[1], kind, StringComparison.Ordinal));
        return counted is null ? 0 : int.Parse(counted[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
