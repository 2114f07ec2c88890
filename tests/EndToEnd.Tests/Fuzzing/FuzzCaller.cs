using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Sends cases with the platform's HTTP client and with bare sockets, so that no client of the farm corrects them on the way.</summary>
internal sealed class FuzzCaller : IDisposable
{
    private const long NoError = 0x0;
    private const long Cancel = 0x8;

    /// <summary>After this a call hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>After its first bytes, or this, a server is told that no more comes.</summary>
    private static readonly TimeSpan HalfClose = TimeSpan.FromMilliseconds(150);

    // What may wait for a change, as long as the client likes.
    private static readonly string[] Waiting = ["Execute", "WaitExecution", "WatchJob", "WaitForChild", "Link", "Watch", "Read"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => _client.Dispose();

    /// <summary>A call, its frames as they are.</summary>
    public async Task<FuzzAnswer> CallAsync(Uri server, FuzzCase made, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, made.Target))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(made.Body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in made.Headers)
        {
            if (name == "content-type")
            {
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (!request.Headers.Contains("grpc-timeout") && Waiting.Contains(made.Target[(made.Target.IndexOf('/', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal))
        {
            request.Headers.Add("grpc-timeout", made.Target.EndsWith("/Execute", StringComparison.Ordinal) ? "5S" : "50m");
        }

        using var guard = CancellationTokenSource.CreateLinkedTokenSource(stop);
        guard.CancelAfter(Patience);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, guard.Token);
            var status = Header(response.TrailingHeaders, "grpc-status") ?? Header(response.Headers, "grpc-status");
            var detail = Header(response.TrailingHeaders, "grpc-message") ?? Header(response.Headers, "grpc-message") ?? "";
            return new FuzzAnswer(
                status is null ? null : (StatusCode)int.Parse(status, CultureInfo.InvariantCulture), Uri.UnescapeDataString(detail), (int)response.StatusCode);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new FuzzAnswer(null, "", null, $"no answer in {Patience.TotalSeconds} s");
        }
        catch (HttpRequestException e) when (e.InnerException is HttpProtocolException { ErrorCode: NoError or Cancel } && request.Headers.Contains("grpc-timeout"))
        {
            // A server holds no stream beyond its deadline, whether or not the status came through.
            return new FuzzAnswer(StatusCode.DeadlineExceeded, "", null);
        }
        catch (HttpRequestException e)
        {
            return new FuzzAnswer(null, "", null, $"{e.Message} {e.InnerException?.Message}");
        }
    }

    /// <summary>Bytes over a connection of their own, and the first line of what comes back.</summary>
    public static async Task<FuzzAnswer> SendAsync(Uri server, FuzzCase made, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(stop);
        guard.CancelAfter(Patience);
        var answer = new List<byte>();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, server.Port, guard.Token);
            await socket.SendAsync(made.Body, guard.Token);
            var buffer = new byte[8192];
            var reading = socket.ReceiveAsync(buffer, guard.Token).AsTask();
            await Task.WhenAny(reading, Task.Delay(HalfClose, TimeProvider.System, guard.Token));
            socket.Shutdown(SocketShutdown.Send);
            for (int read; (read = await reading) > 0; reading = socket.ReceiveAsync(buffer, guard.Token).AsTask())
            {
                answer.AddRange(buffer.AsSpan(0, Math.Min(read, Math.Max(0, 200 - answer.Count))));
                if (answer.Count >= 200 && made.Kind == FuzzKind.Connection)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new FuzzAnswer(null, "", null, $"the connection is open after {Patience.TotalSeconds} s");
        }
        catch (SocketException)
        {
            // The server has closed on what it did not want to read.
        }

        var words = Encoding.ASCII.GetString([.. answer]).Split([' ', '\r'], 3);
        return new FuzzAnswer(null, "", words is [['H', 'T', 'T', 'P', ..], var code, ..] && int.TryParse(code, CultureInfo.InvariantCulture, out var number) ? number : null);
    }

    private static string? Header(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.First() : null;
}
