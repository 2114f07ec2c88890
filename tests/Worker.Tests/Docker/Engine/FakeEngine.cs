using System.Net.Sockets;
using System.Text;
using BuildFarm.TestKit;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>Something at a unix socket that answers each request with the bytes it was given, whatever the request.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<Socket, CancellationToken, Task> answer;
    private readonly Task serving;

    private FakeEngine(Func<Socket, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        serving = Task.Run(ServeAsync);
    }

    public string Path => folder.File("docker.sock");

    /// <summary>The heads of the requests, as they came.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Answers with bytes and closes the connection.</summary>
    public static FakeEngine Saying(params byte[][] parts) => new(async (connection, _) =>
    {
        foreach (var part in parts)
            await connection.SendAsync(part);
    });

    /// <summary>Answers with a text and closes the connection.</summary>
    public static FakeEngine Saying(string text) => Saying(Encoding.UTF8.GetBytes(text));

    /// <summary>Never answers.</summary>
    public static FakeEngine Silent() => new(static (_, stop) => Task.Delay(Timeout.Infinite, stop));

    /// <summary>Begins an answer that does not end while it runs.</summary>
    public static FakeEngine Streaming() => new(static async (connection, stop) =>
    {
        await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        await Task.Delay(Timeout.Infinite, stop);
    });

    /// <summary>Nobody is let in from now on; who is in, stays.</summary>
    public void CloseDoor() => listener.Dispose();

    /// <summary>An answer with a body of known length. It says that the connection ends with it: a client that used it again would race with that.</summary>
    public static string Answer(int status, string body, string headers = "") =>
        $"HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>The head of an answer after which the connection is a container's.</summary>
    public static byte[] Hijacked => "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"u8.ToArray();

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await serving;
        stop.Dispose();
        folder.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptAsync(stop.Token);
                var head = await ReadHeadAsync(connection);
                lock (Requests)
                    Requests.Add(head);
                await answer(connection, stop.Token);
                connection.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private static async Task<string> ReadHeadAsync(Socket connection)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await connection.ReceiveAsync(buffer);
            if (read == 0)
                break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
