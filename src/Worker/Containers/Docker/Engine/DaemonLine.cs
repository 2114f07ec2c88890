using System.Net.Sockets;
using System.Text;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>
/// A connection that a daemon's process holds for as long as it lives: a call for its events, of a kind that hardly ever come. It
/// breaks with the daemon, also where the next one answers at the same socket at once.
/// </summary>
internal sealed class DaemonLine : IDisposable
{
    private const int BufferBytes = 4096;
    private const string Filters = "%7B%22type%22%3A%5B%22daemon%22%5D%7D";
    private static readonly byte[] Request = Encoding.ASCII.GetBytes($"GET /events?filters={Filters} HTTP/1.1\r\nHost: docker\r\n\r\n");
    private static readonly byte[] Accepted = "HTTP/1.1 200 "u8.ToArray();

    private readonly Socket _socket;

    private DaemonLine(Socket socket)
    {
        _socket = socket;
        Ended = Task.Run(ReadAsync);
    }

    /// <summary>Ends when the daemon has, or when this object is disposed.</summary>
    public Task Ended { get; }

    /// <summary>The kernel's word of now: nobody needs to have read the end.</summary>
    public bool IsOpen
    {
        get
        {
            try
            {
                return !Ended.IsCompleted && !(_socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <exception cref="IOException">No daemon answers there.</exception>
    public static async Task<DaemonLine> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            await socket.SendAsync(Request, cancellationToken);
            var answer = new byte[Accepted.Length];
            for (var read = 0; read < answer.Length;)
            {
                var more = await socket.ReceiveAsync(answer.AsMemory(read), cancellationToken);
                read = more > 0 ? read + more : throw new IOException($"the Docker daemon at {path} gives no answer");
            }

            return answer.AsSpan().SequenceEqual(Accepted)
                ? new DaemonLine(socket)
                : throw new IOException($"the Docker daemon at {path} does not tell of its events: {Encoding.ASCII.GetString(answer)}");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"the Docker daemon at {path} cannot be reached: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody listens there now.</summary>
    public static bool LetsIn(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            // There is a queue before the door, so there is a door.
            return e.SocketErrorCode == SocketError.WouldBlock;
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync()
    {
        var ignored = new byte[BufferBytes];
        try
        {
            while (await _socket.ReceiveAsync(ignored) > 0)
            {
                // What happens there is no concern of this line.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // That is the end too.
        }
    }
}
