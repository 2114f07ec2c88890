using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BuildFarm.Bench.BlobStore;

/// <summary>
/// The floor of the blob measurements: nginx that serves and takes files over cleartext HTTP/2, driven by the same
/// HTTP handler that BuildFarm's channels use. It hashes nothing.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client;

    private Nginx(Process process, HttpClient client)
    {
        _process = process;
        _client = client;
    }

    public static async Task<Nginx> StartAsync(string folder)
    {
        var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
        var port = FreePort();
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            user root;
            worker_processes 2;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events { worker_connections 64; }
            http {
              access_log off;
              sendfile on;
              client_body_temp_path {{folder}}/body;
              client_max_body_size 0;
              client_body_buffer_size 1m;
              http2_body_preread_size 1m;
              http2_chunk_size 64k;
              output_buffers 4 256k;
              server {
                listen 127.0.0.1:{{port}} http2;
                root {{files}};
                location / { dav_methods PUT; }
              }
            }
            """);
        var process = Process.Start(new ProcessStartInfo("nginx", ["-c", configuration, "-p", folder, "-e", Path.Combine(folder, "error.log")]))!;
        var client = new HttpClient(new SocketsHttpHandler { InitialHttp2StreamWindowSize = 16 << 20 })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromMinutes(5),
        };
        await UntilItListensAsync(port, process);
        return new Nginx(process, client);
    }

    /// <summary>Bytes a second of one GET.</summary>
    public async Task<double> ReadAsync(string name, long bytes)
    {
        var start = Stopwatch.GetTimestamp();
        using var response = await _client.GetAsync(name, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
        var buffer = new byte[256 * 1024];
        var got = 0L;
        for (int read; (read = await body.ReadAsync(buffer)) > 0; got += read)
        {
        }

        return got == bytes ? bytes / Stopwatch.GetElapsedTime(start).TotalSeconds : throw new InvalidOperationException($"nginx sent {got} of {bytes} bytes");
    }

    /// <summary>Bytes a second of one PUT of a file.</summary>
    public async Task<double> WriteAsync(string name, string file)
    {
        await using var content = File.OpenRead(file);
        var start = Stopwatch.GetTimestamp();
        using var body = new StreamContent(content, 256 * 1024);
        using var response = await _client.PutAsync(name, body);
        response.EnsureSuccessStatusCode();
        return content.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task UntilItListensAsync(int port, Process process)
    {
        for (var attempt = 0; attempt < 100 && !process.HasExited; attempt++)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        throw new InvalidOperationException("nginx does not listen; its error.log says why");
    }
}
