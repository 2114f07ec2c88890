using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Commands on a farm that is up: one farm for all, as for a person at work, and a folder each.</summary>
public sealed class SubmitTests : IClassFixture<RunningFarm>
{
    private readonly FarmBench _bench;

    public SubmitTests(RunningFarm farm)
    {
        _bench = farm.Bench;
        _bench.UseFreshProject();
    }

    [Fact]
    public async Task Submit_CommandThatFails_ShowsItsOutputAndSaysWhy()
    {
        var result = await _bench.RunAsync("submit", "--", "sh", "-c", "echo hi; echo oops >&2; exit 3");

        Assert.Equal("hi\n", result.Out);
        Assert.Contains("oops\n", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n'), line => line.Contains("exit status 3", StringComparison.Ordinal));
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task Submit_FolderIsTheInput_AndOutputsComeBack()
    {
        _bench.Write("in.txt", "from the folder\n");
        _bench.Write(".gitignore", "ignored.txt\n");
        _bench.Write("ignored.txt", "x");

        var result = await _bench.RunAsync(
            "submit", "--output", "out", "--output-dir", "back", "--", "sh", "-c", "ls -A; mkdir -p out/deep; cp in.txt out/deep/copy; ln -s deep/copy out/link; chmod +x out/deep/copy");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(".gitignore\nin.txt\n", result.Out);
        var copy = Path.Combine(_bench.Project, "back", "out", "deep", "copy");
        Assert.Equal("from the folder\n", await File.ReadAllTextAsync(copy));
        Assert.True(File.GetUnixFileMode(copy).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal("deep/copy", new FileInfo(Path.Combine(_bench.Project, "back", "out", "link")).LinkTarget);
    }

    [Fact]
    public async Task Status_OfOneTask_SaysWhoRanItAndWhatItWroteBesideItsOutputs()
    {
        var submit = await _bench.RunAsync("submit", "--no-input", "--name", "facts", "--detach", "--", "sh", "-c", "echo x > ~/.rc; echo y > left");
        var run = submit.Out.Trim();
        await _bench.RunAsync("watch", run);

        var result = await _bench.RunAsync("status", run, "facts");
        var json = await _bench.RunAsync("status", run, "--json");

        Assert.Matches("ran on +.*, Linux .*; crun .*, profile default, root [^,]+, environment host-[0-9a-f]+, agent ", result.Out);
        Assert.Contains("in home: .rc", result.Out, StringComparison.Ordinal);
        Assert.Contains("in workspace: left", result.Out, StringComparison.Ordinal);
        Assert.Contains("\"written\":[{\"place\":\"workspace\"", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_SameCommandTwice_IsServedFromTheActionCache()
    {
        var first = await _bench.RunAsync("submit", "--no-input", "--", "sh", "-c", "echo once; echo twice >&2");
        var second = await _bench.RunAsync("submit", "--no-input", "--", "sh", "-c", "echo once; echo twice >&2");

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.DoesNotContain("action cache", first.Error, StringComparison.Ordinal);
        Assert.Equal(("once\n", 0), (second.Out, second.ExitCode));
        Assert.Contains("twice\n", second.Error, StringComparison.Ordinal);
        Assert.Contains("served from the action cache", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_OneFileChanged_SendsOnlyWhatIsMissing()
    {
        for (var i = 0; i < 20; i++)
        {
            _bench.Write($"src/{i}.txt", $"file {i}");
        }

        var first = await _bench.RunAsync("submit", "--", "true");
        _bench.Write("src/3.txt", "changed");
        var second = await _bench.RunAsync("submit", "--", "true");
        var third = await _bench.RunAsync("submit", "--", "true");

        Assert.Matches("sent 22 of 22 blobs", first.Error);
        Assert.Matches("sent 3 of 22 blobs", second.Error);
        Assert.Contains("nothing to send", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_LargeFile_TravelsWhole()
    {
        var bytes = new byte[7_000_001];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(_bench.Project, "large.bin"), bytes);

        var result = await _bench.RunAsync("submit", "--output", "copy.bin", "--", "cp", "large.bin", "copy.bin");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(_bench.Project, "copy.bin")));
    }

    [Fact]
    public async Task Submit_CommandThatDoesNotExist_IsOneLineAndABuildFailure()
    {
        var result = await _bench.RunAsync("submit", "--no-input", "--", "no-such-command");

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("no-such-command", result.Error, StringComparison.Ordinal);
        AssertOneError(result, "127");
    }

    [Fact]
    public async Task Submit_ImpossibleCpu_IsRefusedAtOnce()
    {
        _bench.Write("job.yaml", "tasks:\n  huge:\n    run: 'true'\n    inputs: []\n    cpu: 1000\n");

        var result = await _bench.RunAsync("submit", "job.yaml");

        Assert.True(result.ExitCode == 2, result.ToString());
        var line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("farm: ", line, StringComparison.Ordinal);
        Assert.Contains("huge", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_Timeout_IsExitStatus5()
    {
        var result = await _bench.RunAsync("submit", "--no-input", "--timeout", "6s", "--", "sh", "-c", "echo before; sleep 600");

        Assert.True(result.ExitCode == 5, result.ToString());
        Assert.Equal("before\n", result.Out);
        Assert.Contains("TMOUT", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_TwoTasksWriteTheSameFileInTheirHomes_NeverSeeEachOthers()
    {
        const string Script = "mkdir -p ~/.sage; test ! -e ~/.sage/x; echo $0 > ~/.sage/x; for i in 1 2 3 4 5 6 7 8; do test \\\"$(cat ~/.sage/x)\\\" = $0; sleep 0.05; done; echo $HOME";
        _bench.Write("job.yaml", $"tasks:\n  one:\n    run: [sh, -ec, \"{Script}\", one]\n    inputs: []\n  two:\n    run: [sh, -ec, \"{Script}\", two]\n    inputs: []\n");

        var result = await _bench.RunAsync("submit", "job.yaml");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("2 passed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_Graph_OutputsOfNeedsAreInputs()
    {
        _bench.Write("a.txt", "alpha\n");
        _bench.Write("b.txt", "beta\n");
        _bench.Write("job.yaml", """
            name: graph
            tasks:
              upper:
                for-each: "*.txt"
                run: tr a-z A-Z < {file} > {stem}.up
                inputs: []
                outputs: ["{stem}.up"]
              join:
                run: cat a.up b.up > all
                needs: [upper]
                inputs: []
                outputs: [all]
            """);

        var result = await _bench.RunAsync("submit", "--output", "all", "job.yaml");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("ALPHA\nBETA\n", await File.ReadAllTextAsync(Path.Combine(_bench.Project, "all")));
        Assert.Contains("(3/3) join", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_RequiredOutputMissing_IsNoSuccess()
    {
        var result = await _bench.RunAsync("submit", "--no-input", "--output", "never", "--", "true");

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("never", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_AfterARun_TellTheSameStory()
    {
        var run = (await _bench.RunAsync("submit", "--no-input", "--detach", "--name", "story", "--", "sh", "-c", "echo out; echo err >&2; exit 4")).Out.Trim();

        var watched = await _bench.RunAsync("watch", run);
        var status = await _bench.RunAsync("status", run);
        var logs = await _bench.RunAsync("logs", run);
        var jobs = await _bench.RunAsync("jobs");
        var json = await _bench.RunAsync("watch", run, "--json");
        var workers = await _bench.RunAsync("workers");

        Assert.True(watched.ExitCode == 3, watched.ToString());
        Assert.Contains("exit status 4", watched.Error, StringComparison.Ordinal);
        Assert.True(status.ExitCode == 3, status.ToString());
        Assert.Contains("exit status 4", status.Out, StringComparison.Ordinal);
        Assert.Equal(("out\n", "err\n", 0), (logs.Out, logs.Error, logs.ExitCode));
        Assert.Contains(jobs.Out.Split('\n'), line => line.Contains(run, StringComparison.Ordinal) && line.Contains("story", StringComparison.Ordinal) && line.Contains("1 failed", StringComparison.Ordinal));
        Assert.All(json.Out.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("{\"schema\":\"buildfarm.run/1\",\"seq\":", line, StringComparison.Ordinal));
        Assert.Contains("ready", workers.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_RunningTask_EndsAsCancelled()
    {
        await using var submit = _bench.Start("submit", "--no-input", "--", "sh", "-c", "echo started; sleep 300");
        await submit.OutLineAsync("started");
        var run = (await submit.ErrorLineAsync("Run ")).Split(' ')[1];

        var cancel = await _bench.RunAsync("cancel", run);
        var result = await submit.EndAsync();

        Assert.True(cancel.ExitCode == 0, cancel.ToString());
        Assert.True(result.ExitCode == 130, result.ToString());
        Assert.Contains("CANCEL", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_NotATerminal_CancelsTheRun()
    {
        await using var submit = _bench.Start("submit", "--no-input", "--", "sh", "-c", "echo started; sleep 300");
        await submit.OutLineAsync("started");

        await submit.SignalAsync("INT");
        var result = await submit.EndAsync();

        Assert.True(result.ExitCode == 130, result.ToString());
        Assert.Contains("Come back with: farm watch", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    [Trait("Fault", "30")]
    public async Task Submit_Ended_TheRunGoesOnAndWatchShowsTheRest(string signal)
    {
        var held = new Held();
        await using var submit = _bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", $"echo started; {held.Command}; echo finished");
        await submit.OutLineAsync("started");
        var run = (await submit.ErrorLineAsync("Run ")).Split(' ')[1];
        await submit.SignalAsync(signal);
        await submit.EndAsync();

        var watched = await held.LetGoUntilAsync(_bench.RunAsync("watch", run));
        var logs = await _bench.RunAsync("logs", run);

        Assert.True(watched.ExitCode == 0, watched.ToString());
        Assert.Equal("started\nfinished\n", logs.Out);
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task Submit_SameIdempotencyKey_JoinsTheFirst()
    {
        var first = await _bench.RunAsync("submit", "--no-input", "--detach", "--idempotency-key", "k1", "--", "true");
        var second = await _bench.RunAsync("submit", "--no-input", "--detach", "--idempotency-key", "k1", "--", "true");

        Assert.Equal(first.Out, second.Out);
        Assert.Contains("joined", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_DoctestFiles_OneTaskAFile()
    {
        _bench.Write("good.py", "def f():\n    '''\n    >>> 1 + 1\n    2\n    '''\n");
        _bench.Write("bad.py", "def f():\n    '''\n    >>> 1 + 1\n    3\n    '''\n");
        _bench.Write("none.py", "x = 1\n");

        var result = await _bench.RunAsync("test", "--junit", "out.xml");

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("1 passed, 1 failed", result.Error, StringComparison.Ordinal);
        Assert.Contains("2 examples in 2 files, 1 failed", result.Error, StringComparison.Ordinal);
        Assert.Contains("Expected:", result.Error, StringComparison.Ordinal);
        Assert.Contains("<failure", await File.ReadAllTextAsync(Path.Combine(_bench.Project, "out.xml")), StringComparison.Ordinal);
    }

    private static void AssertOneError(FarmResult result, string text)
    {
        Assert.Single(result.Error.Split('\n'), line => line.Contains("FAIL", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }
}
