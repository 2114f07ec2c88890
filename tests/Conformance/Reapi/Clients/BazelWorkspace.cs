using BuildFarm.Conformance.Reapi.Support;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Clients;

/// <summary>A copy of the sample workspace with content that no server has seen, and Debian's Bazel in it.</summary>
public sealed class BazelWorkspace : IAsyncLifetime
{
    // Bazel unpacks itself, starts a server and reads Debian's rules before it begins.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();
    private bool _ran;

    /// <summary>What Bazel's own server starts with.</summary>
    public IReadOnlyList<string> StartupOptions { get; set; } = [];

    private string Root => Path.Combine(_folder.Path, "workspace");

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        await Requirements.AptAsync("bazel-bootstrap bazel-platforms g++", "command -v bazel && test -e /usr/share/bazel/tools/platforms/WORKSPACE && command -v g++");
        Copy(Path.Combine(SourceFolder.Of(), "bazel"), Root);
        Change();
    }

    /// <summary>Changes what everything is made of.</summary>
    public void Change() => File.WriteAllText(Path.Combine(Root, "app", "salt.txt"), Guid.NewGuid().ToString("N"));

    /// <summary>Until when the flaky target fails.</summary>
    public void FailUntil(DateTimeOffset time) => File.WriteAllText(Path.Combine(Root, "flaky", "until.txt"), $"{time.ToUnixTimeSeconds()}\n");

    /// <summary>The bytes of an output.</summary>
    public byte[] Read(string output) => File.ReadAllBytes(Path.Combine(Root, "bazel-bin", output));

    /// <summary>Drops all outputs, and what Bazel remembers of how they were made.</summary>
    public Task CleanAsync() => RunAsync("clean");

    /// <summary>Runs a command. The settings of the system stay: Debian says there where its Bazel has its parts.</summary>
    internal async Task<FarmResult> RunAsync(string command, params string[] options)
    {
        _ran = true;
        string[] overrides = command is "clean" or "shutdown" ? [] :
        [
            $"--override_repository=rules_cc={Root}/overrides/rules_cc",
            $"--override_repository=rules_java={Root}/overrides/rules_java",
            $"--override_repository=remote_coverage_tools={Root}/overrides/coverage",
            "--override_repository=platforms=/usr/share/bazel/tools/platforms",
            "--noshow_progress", "--color=no", "--verbose_failures",
        ];
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = _folder.Path, ["USER"] = "tester" };
        await using var bazel = FarmProcess.Start(
            "bazel", ["--nohome_rc", "--max_idle_secs=120", $"--output_user_root={_folder.Path}/bazel", .. StartupOptions, command, .. overrides, .. options], Root, environment);
        return await bazel.EndAsync(Patience);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_ran)
        {
            await RunAsync("shutdown");
        }

        // Bazel takes the right to write from what it keeps.
        await using (var chmod = FarmProcess.Start("chmod", ["-R", "u+w", _folder.Path], "/", new Dictionary<string, string?>(StringComparer.Ordinal)))
        {
            await chmod.EndAsync();
        }

        _folder.Dispose();
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
