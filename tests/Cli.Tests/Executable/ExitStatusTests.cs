using System.Diagnostics;
using BuildFarm.Hosting;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.Executable;

/// <summary>The real program: one line on standard error, the documented exit status, no stack trace.</summary>
public sealed class ExitStatusTests
{
    [Theory]
    [InlineData(ExitCode.Usage, "did you mean 'farm submit'?", "sbumit")]
    [InlineData(ExitCode.Usage, "did you mean --output?", "submit", "--ouput", "x", "--", "true")]
    [InlineData(ExitCode.Usage, "There is no option --zzzzzzzzz", "jobs", "--zzzzzzzzz")]
    [InlineData(ExitCode.Usage, "Nothing to submit", "submit")]
    [InlineData(ExitCode.Usage, "no command after '--'", "submit", "--")]
    [InlineData(ExitCode.Usage, "farm submit -- make test", "submit", "make", "test")]
    [InlineData(ExitCode.Usage, "nofile.yaml does not exist", "submit", "nofile.yaml")]
    [InlineData(ExitCode.Usage, "bad.yaml:2:6: task 'a' must be a map", "submit", "bad.yaml")]
    [InlineData(ExitCode.Usage, "--cpu is 'many'", "submit", "--cpu", "many", "--", "true")]
    [InlineData(ExitCode.Usage, "The input folder nowhere does not exist", "submit", "--input", "nowhere", "--", "true")]
    [InlineData(ExitCode.Usage, "goes with a command", "submit", "--cpu", "2", "good.yaml")]
    [InlineData(ExitCode.Usage, "The output '../x' leaves", "submit", "--output", "../x", "--", "true")]
    [InlineData(ExitCode.Usage, "is a folder; name a job file", "submit", ".")]
    [InlineData(ExitCode.Usage, "the folder it is in does not exist", "submit", "--junit", "no/x.xml", "--", "true")]
    [InlineData(ExitCode.Usage, "RUN is missing", "status")]
    [InlineData(ExitCode.Usage, "one word too many", "status", "a", "b", "c")]
    [InlineData(ExitCode.Usage, "--image NAME", "up", "--isolation", "docker")]
    [InlineData(ExitCode.Usage, "oci:/DIR", "up", "--root", "busybox")]
    [InlineData(ExitCode.Usage, "--isolation none", "up", "--root", "/srv/root", "--isolation", "none")]
    [InlineData(ExitCode.Usage, "--data is empty", "up", "--data", "")]
    [InlineData(ExitCode.Usage, "--data is 'good.yaml', which is a file", "up", "--data", "good.yaml")]
    [InlineData(ExitCode.Usage, "declares the output 'ouT'; did you mean 'out'?", "submit", "--output", "ouT", "outputs.yaml")]
    [InlineData(ExitCode.Usage, "No task of good.yaml declares an output", "submit", "--output", "x", "good.yaml")]
    [InlineData(ExitCode.Usage, "tabs.yaml:3:1: tabs cannot indent YAML; use spaces.", "submit", "tabs.yaml")]
    [InlineData(ExitCode.Usage, "--port is 'x'", "up", "--port", "x")]
    [InlineData(ExitCode.Usage, "no address of a farm", "jobs", "--farm", "zzz")]
    [InlineData(ExitCode.Usage, "Only 'farm submit' takes a command", "jobs", "--", "x")]
    [InlineData(ExitCode.NothingRan, "nothing ran", "test")]
    [InlineData(ExitCode.Unreachable, "No farm answers at http://127.0.0.1:1", "jobs", "--farm", "http://127.0.0.1:1")]
    [InlineData(ExitCode.Unreachable, "No farm answers at http://127.0.0.1:1", "submit", "--farm", "http://127.0.0.1:1", "--", "true")]
    [InlineData(ExitCode.Unreachable, "No farm of yours is running", "jobs")]
    public async Task Mistake_IsOneLineAndThisExitStatus(int expected, string text, params string[] arguments)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("bad.yaml"), "tasks:\n  a: echo\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("good.yaml"), "tasks:\n  a:\n    run: echo\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("tabs.yaml"), "tasks:\n  a:\n\trun: echo\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("outputs.yaml"), "tasks:\n  a:\n    run: echo\n    outputs: [out]\n", TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await RunAsync(folder.Path, arguments);

        Assert.True(exitCode == expected, $"exit status {exitCode}\n{output}\n{error}");
        Assert.Contains(text, Assert.Single(error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData]
    [InlineData("submit", "--help")]
    [InlineData("version")]
    public async Task Help_IsOnStandardOutput(params string[] arguments)
    {
        using var folder = new TempFolder();
        var (exitCode, output, error) = await RunAsync(folder.Path, arguments);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.NotEmpty(output);
    }

    [Fact]
    public async Task Help_OfSubmit_ShowsWhereTheCommandGoes()
    {
        using var folder = new TempFolder();
        var (_, output, _) = await RunAsync(folder.Path, ["submit", "--help"]);

        Assert.Contains("  farm submit [options] -- COMMAND…\n  farm submit [options] FILE.yaml\n\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("[<FILE>]", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Out, string Error)> RunAsync(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "farm"), arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in new[] { "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME" })
        {
            start.Environment[variable] = folder;
        }

        start.Environment.Remove("FARM_URL");
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, texts[0], texts[1]);
    }
}
