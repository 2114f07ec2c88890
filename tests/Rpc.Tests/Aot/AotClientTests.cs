using System.Diagnostics;
using BuildFarm.Rpc.Tests.Interop.Client;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Rpc.Tests.Aot;

/// <summary>The client compiled to native code: no reflection that the compiler warns of, and the same answers.</summary>
public sealed class AotClientTests(InteropPeers peers) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("buildfarm-aot-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Publish_NativeClient_CallsEveryShape()
    {
        await Requirements.AptAsync("gcc", "gcc --version || clang --version");
        await Requirements.AptAsync("zlib1g-dev", "test -e /usr/include/zlib.h");
        var project = Path.Combine(RepositoryRoot(), "tests", "Rpc.AotClient");
        var (code, output) = await RunAsync("dotnet", "publish", project, "-c", "Release", "-r", "linux-x64", "-o", _folder, "-nologo", "-nodeReuse:false");
        Assert.True(code == 0, output);
        Assert.DoesNotContain("warning IL", output, StringComparison.Ordinal);

        (code, output) = await RunAsync(Path.Combine(_folder, "BuildFarm.Rpc.AotClient"), (await peers.AddressOfAsync(InteropPeers.Own)).ToString());
        Assert.True(code == 0, output);
        Assert.Equal(
            """
            unary 100
            server streaming 10
            server streaming 20
            client streaming 70
            duplex True 50
            duplex False
            failure NotFound nicht gefunden: ü

            """,
            output);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "BuildFarm.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.SkipWhen(folder is null, "the sources are not here: this test publishes a project of the repository");
        return folder;
    }
}
