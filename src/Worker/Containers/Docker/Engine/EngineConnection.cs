using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>
/// HTTP to the daemon's unix socket: each call has a time limit, each answer a bound on its size, and whatever goes wrong is an
/// error with one line. Only the caller's own cancellation is thrown.
/// </summary>
internal sealed class EngineConnection : IDisposable
{
    // Of answers that are read whole; the largest in use is a list of containers.
    private const int MaxAnswerBytes = 16 << 20;
    private const int MaxErrorBytes = 16 << 10;
    private const int MaxMessageChars = 500;

    private readonly string _socket;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    /// <param name="socket">Path of the daemon's socket.</param>
    /// <param name="time">Measures the limits.</param>
    public EngineConnection(string socket, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        };
        // The host is a name for the header alone.
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://docker"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Makes a call and reads its answer.</summary>
    /// <param name="request">Disposed here.</param>
    /// <param name="limit">For the whole; infinite where the answer takes as long as a task.</param>
    /// <param name="read">Reads the answer to a call that the daemon accepted.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<DockerResult<T>> CallAsync<T>(
        HttpRequestMessage request, TimeSpan limit, Func<HttpResponseMessage, CancellationToken, Task<DockerResult<T>>> read, CancellationToken cancellationToken)
    {
        var call = $"{request.Method} {request.RequestUri}";
        using var clock = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        HttpResponseMessage? response = null;
        var given = false;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!IsAccepted(response.StatusCode))
                return await ReadErrorAsync(response, call, either.Token);
            var result = await read(response, either.Token);
            given = result.Error is null && result.Value is IDisposable or IAsyncDisposable;
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DockerError(0, $"the Docker daemon at {_socket} has not answered {call} within {limit.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException refusal)
        {
            return new DockerError(0, $"the Docker daemon at {_socket} cannot be reached: {refusal.Message}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or InvalidDataException)
        {
            return new DockerError(0, $"the Docker daemon's answer to {call} cannot be read: {OneLine(e.InnerException?.Message ?? e.Message)}");
        }
        finally
        {
            request.Dispose();
            // A stream that was handed out lives on its answer.
            if (!given)
                response?.Dispose();
        }
    }

    /// <summary>Makes a call whose answer is one JSON value.</summary>
    public Task<DockerResult<T>> CallAsync<T>(HttpRequestMessage request, TimeSpan limit, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        CallAsync<T>(
            request,
            limit,
            async (response, cancellation) =>
            {
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellation);
                var value = await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(cancellation), type, cancellation);
                return value is null ? throw new InvalidDataException("it is null") : value;
            },
            cancellationToken);

    /// <summary>Makes a call whose answer says nothing. Null when it is done.</summary>
    public async Task<DockerError?> CallAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellationToken) =>
        (await CallAsync<bool>(request, limit, static (_, _) => Task.FromResult<DockerResult<bool>>(true), cancellationToken)).Error;

    public void Dispose() => _http.Dispose();

    /// <summary>A message of several lines as one, of a length to be read.</summary>
    internal static string OneLine(string text)
    {
        var line = text.Trim().ReplaceLineEndings("; ");
        return line.Length <= MaxMessageChars ? line : $"{line.AsSpan(0, MaxMessageChars)}…";
    }

    // Not modified: what was asked for is so already. Switching protocols: the stream of an attached container.
    private static bool IsAccepted(HttpStatusCode status) =>
        (int)status is >= 200 and < 300 || status is HttpStatusCode.NotModified or HttpStatusCode.SwitchingProtocols;

    private static async Task<DockerError> ReadErrorAsync(HttpResponseMessage response, string call, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var buffer = new byte[MaxErrorBytes];
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return new DockerError(status, MessageOf(buffer.AsSpan(0, read)) is { Length: > 0 } said ? OneLine(said) : $"the Docker daemon answered {call} with status {status}");
    }

    private static string MessageOf(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, EngineJson.Default.ErrorAnswer)?.Message ?? "";
        }
        catch (JsonException)
        {
            return System.Text.Encoding.UTF8.GetString(body);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
