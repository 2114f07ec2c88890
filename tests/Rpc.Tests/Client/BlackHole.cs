using System.Net;
using System.Net.Sockets;
using BuildFarm.Rpc.Tests.Support;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>A proxy of TCP connections that can stop forwarding without closing anything, as a broken network does.</summary>
internal sealed class BlackHole : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile bool _swallows;

    public BlackHole(int targetPort)
    {
        _target = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Released for each ping of the client's that the server has answered.</summary>
    public SemaphoreSlim AnsweredPings { get; } = new(0);

    /// <summary>From now on bytes are taken and lost.</summary>
    public void Swallow() => _swallows = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
        AnsweredPings.Dispose();
    }

    private async Task AcceptAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
        await Task.WhenAll(
            ForwardAsync(client.GetStream(), server.GetStream(), frames: null),
            ForwardAsync(server.GetStream(), client.GetStream(), new FrameScanner(0, OnServerFrame)));
    }

    private void OnServerFrame(byte type, byte flags)
    {
        if (type == FrameScanner.Ping && flags == FrameScanner.Ack)
        {
            AnsweredPings.Release();
        }
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to, FrameScanner? frames)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (!_swallows)
            {
                frames?.Scan(buffer.AsSpan(0, read));
                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
    }
}
