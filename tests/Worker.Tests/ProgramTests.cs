using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>The worker's command line, as a process.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task Help_IsOnStandardOutput()
    {
        var (exitCode, output, error) = await RunAsync("--help");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("--Peers:Coordinator\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no option --bogus", "--bogus", "1")]
    [InlineData("--Worker:Slots needs a value", "--slots")]
    public async Task Mistake_IsOneLineAndExits2(string text, params string[] arguments)
    {
        var (exitCode, _, error) = await RunAsync(arguments);
        Assert.Equal((2, $"BuildFarm.Worker: {text}; see 'BuildFarm.Worker --help'\n"), (exitCode, error));
    }

    private static Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) =>
        ServiceProcess.RunAsync("BuildFarm.Worker.dll", arguments, TestContext.Current.CancellationToken);
}
