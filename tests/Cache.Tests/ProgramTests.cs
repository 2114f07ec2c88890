using System.Diagnostics;
using BuildFarm.BlobStore.Tests.Conformance;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>The cache as an executable of its own.</summary>
public sealed class ProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_WithoutADirectory_SaysSoInOneLineAndExits2()
    {
        var (exitCode, error) = await RunAsync("--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "");

        Assert.Equal(2, exitCode);
        Assert.Contains("Directory", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DirectoryInUse_SaysSoAndExits6()
    {
        using var folder = new TemporaryFolder();
        await using var server = await CacheServer.StartAsync(directory: folder["cache"]);

        var (exitCode, error) = await RunAsync("--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "", "--Cache:Directory", folder["cache"]);

        Assert.Equal(6, exitCode);
        Assert.Contains("in use", error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "BuildFarm.Cache.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Token);
        await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        return (process.ExitCode, await error);
    }
}
