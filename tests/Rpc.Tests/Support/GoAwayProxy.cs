using System.Net;
using System.Net.Sockets;

namespace BuildFarm.Rpc.Tests.Support;

/// <summary>
/// A way to a server whose first connections are to one that goes away: each is told at its first request, by a GOAWAY that names no stream, that nothing was processed. Later ones lead to the server.
/// </summary>
internal sealed class GoAwayProxy : IAsyncDisposable
{
    private static readonly byte[] Settings = [0, 0, 0, FrameScanner.Settings, 0, 0, 0, 0, 0];
    private static readonly byte[] SettingsAck = [0, 0, 0, FrameScanner.Settings, FrameScanner.Ack, 0, 0, 0, 0];
    private static readonly byte[] GoAway = [0, 0, 8, FrameScanner.GoAway, 0, 0, 0, 0, 0, /* last stream */ 0, 0, 0, 0, /* NO_ERROR */ 0, 0, 0, 0];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly int _refusing;
    private readonly Task _accepting;
    private int _connections;
    private int _refused;

    /// <summary>Begins to listen.</summary>
    public GoAwayProxy(int targetPort, int refusing)
    {
        (_target, _refusing) = (targetPort, refusing);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Requests that were told to go elsewhere.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                connections.Add(_connections++ < _refusing ? RefuseAsync(client) : ForwardAsync(client));
            }
        }
        finally
        {
            await Task.WhenAll(connections).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task RefuseAsync(TcpClient client)
    {
        using var connection = client;
        var stream = client.GetStream();
        await stream.WriteAsync(Settings, _stop.Token);
        var answers = new Queue<byte[]>();
        var frames = new FrameScanner(FrameScanner.ClientPreface, (type, flags) =>
        {
            if (type == FrameScanner.Settings && flags == 0)
            {
                answers.Enqueue(SettingsAck);
            }
            else if (type == FrameScanner.Headers)
            {
                Interlocked.Increment(ref _refused);
                answers.Enqueue(GoAway);
            }
        });
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, _stop.Token)) > 0)
        {
            frames.Scan(buffer.AsSpan(0, read));
            while (answers.TryDequeue(out var answer))
            {
                await stream.WriteAsync(answer, _stop.Token);
            }
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var connection = client;
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
        await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
    }
}
