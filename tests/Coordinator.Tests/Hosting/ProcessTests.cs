using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using BuildFarm.Hosting;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Hosting;

/// <summary>The coordinator as the executable that operators start.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Coordinator_OnSigterm_StopsCleanly()
    {
        using var folder = new TempFolder();
        var http = FreePort.Next();
        using var process = Start(
            "--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", $"127.0.0.1:{http}", "--Cache:Address", "http://127.0.0.1:1", "--Cache:ActionCacheDirectory", folder.File("actions"), "--Journal:Directory", folder.File("journal"));
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await ReadyAsync(http, process);
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync().WaitAsync(Kit.TestFarm.Patience);
        }
        finally
        {
            process.Kill();
        }

        Assert.Equal(ExitCode.Ok, process.ExitCode);
        Assert.DoesNotContain("fail", await errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coordinator_Misconfigured_SaysEverythingAndExits2()
    {
        using var process = Start("--Listen:Grpc", "nowhere", "--Coordinator:Leese", "1");
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Kit.TestFarm.Patience);

        Assert.Equal(ExitCode.Usage, process.ExitCode);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("configuration: ", line, StringComparison.Ordinal));
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "BuildFarm.Coordinator"), arguments) { UseShellExecute = false, RedirectStandardError = true })
        ?? throw new InvalidOperationException("The coordinator does not start.");

    /// <summary>Connects until the listener is there; the connection itself waits, the guard ends it.</summary>
    private static async Task ReadyAsync(int port, Process process)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                while (!process.HasExited)
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    try
                    {
                        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                        return new NetworkStream(socket, ownsSocket: true);
                    }
                    catch (SocketException)
                    {
                        socket.Dispose();
                        await Task.Yield();
                    }
                }

                throw new InvalidOperationException("The coordinator ended before it listened.");
            },
        });
        using var guard = new CancellationTokenSource(Kit.TestFarm.Patience);
        var readyz = new Uri($"http://127.0.0.1:{port}/readyz");
        HttpResponseMessage answer;
        do
        {
            answer = await client.GetAsync(readyz, guard.Token);
        }
        while (answer.StatusCode == HttpStatusCode.ServiceUnavailable);

        Assert.Equal("ready\n", await answer.Content.ReadAsStringAsync(guard.Token));
    }
}
