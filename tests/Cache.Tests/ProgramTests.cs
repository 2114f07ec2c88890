using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>The cache as an executable of its own.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task Start_WithoutADirectory_SaysSoInOneLineAndExits2()
    {
        var (exitCode, _, error) = await RunAsync("--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "");

        Assert.Equal(2, exitCode);
        Assert.Contains("Directory", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DirectoryInUse_SaysSoAndExits6()
    {
        using var folder = new TempFolder();
        await using var server = await CacheServer.StartAsync(directory: folder.File("cache"));

        var (exitCode, _, error) = await RunAsync("--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "", "--Cache:Directory", folder.File("cache"));

        Assert.Equal(6, exitCode);
        Assert.Contains("in use", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesEveryOptionAndWhatItIs()
    {
        var (exitCode, output, error) = await RunAsync("--help");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("\n  --Cache:MaxBlobBytes  [21474836480]\n      Space for blobs, in bytes.\n", output, StringComparison.Ordinal);
        Assert.Contains("--Listen:Grpc  [127.0.0.1:8980]", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no option --bogus", "--bogus", "1")]
    [InlineData("there is no option --Casche:Directory", "--Casche:Directory", "x")]
    [InlineData("'start' is no option", "start")]
    [InlineData("--Cache:Directory needs a value", "--Cache:Directory")]
    public async Task Mistake_IsOneLineAndExits2(string text, params string[] arguments)
    {
        var (exitCode, _, error) = await RunAsync(arguments);

        Assert.Equal(2, exitCode);
        Assert.Equal($"BuildFarm.Cache: {text}; see 'BuildFarm.Cache --help'\n", error);
    }

    private static Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) =>
        ServiceProcess.RunAsync("BuildFarm.Cache.dll", arguments, TestContext.Current.CancellationToken);
}
