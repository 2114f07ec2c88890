using System.Diagnostics;
using BuildFarm.TestKit.Bazel;

namespace BuildFarm.Bench.Bazel;

/// <summary>Bazel with an output base of its own: what other builds left is out of its reach.</summary>
internal sealed class BazelUnderTest(string workspace, string home, string name) : IAsyncDisposable
{
    private string Base => Path.Combine(home, name);

    /// <summary>Where its outputs are.</summary>
    public string Outputs => new FileInfo(Path.Combine(workspace, "bazel-bin")).ResolveLinkTarget(returnFinalTarget: true)!.FullName;

    /// <summary>Starts the server and does all that is no action, so that a build after it measures actions.</summary>
    public async Task AnalyseAsync(params string[] options) => await RunAsync("build", ["--nobuild", .. options, LargeWorkspace.Everything]);

    /// <summary>Builds everything; seconds, and what Bazel said.</summary>
    public async Task<(double Seconds, string Said)> BuildAsync(params string[] options)
    {
        var start = Stopwatch.GetTimestamp();
        var said = await RunAsync("build", [.. options, LargeWorkspace.Everything]);
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, said);
    }

    /// <summary>Ends its server and makes what it leaves removable.</summary>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("shutdown", []);
        await ChildProcess.OutputOfAsync("chmod", "-R", "u+w", Base);
    }

    private async Task<string> RunAsync(string command, string[] options)
    {
        string[] more = command == "build" ? [.. BazelOptions.OfBuilds(), "--noshow_progress"] : [];
        var start = new ProcessStartInfo("bazel", ["--nohome_rc", "--max_idle_secs=300", $"--output_user_root={home}/user", $"--output_base={Base}", command, .. more, .. options])
        {
            WorkingDirectory = workspace,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["HOME"] = home;
        start.Environment["USER"] = "bench";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? error : throw new InvalidOperationException($"bazel {command} ended with {process.ExitCode}:\n{error}");
    }
}
