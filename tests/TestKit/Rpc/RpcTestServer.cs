using System.Security.Cryptography.X509Certificates;
using BuildFarm.TestKit.Logging;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BuildFarm.TestKit.Rpc;

/// <summary>
/// A real server on Kestrel, on a free port of 127.0.0.1 or on a unix socket in a folder of its own. Disposing it stops it, and
/// fails the test when the server logged an error that the test did not expect.
/// </summary>
public sealed class RpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TempFolder? _folder;
    private readonly List<IDisposable> _channels = [];

    private RpcTestServer(WebApplication app, TestLogs logs, TempFolder? folder, string address)
    {
        _app = app;
        Logs = logs;
        _folder = folder;
        Address = address;
    }

    /// <summary>What <see cref="GrpcChannel.ForAddress(string)"/> takes: <c>http://127.0.0.1:port</c>, <c>https://127.0.0.1:port</c> or <c>unix:///path</c>.</summary>
    public string Address { get; }

    /// <summary>What the server has logged.</summary>
    public TestLogs Logs { get; }

    /// <summary>The server's container.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>The server itself.</summary>
    public WebApplication App => _app;

    /// <summary>Starts a server.</summary>
    /// <param name="map">Maps endpoints.</param>
    /// <param name="services">Adds services; gRPC is added already.</param>
    /// <param name="options">Options of gRPC.</param>
    /// <param name="kestrel">Options of Kestrel, after those for gRPC.</param>
    /// <param name="transport">Where it listens.</param>
    /// <param name="certificate">The server's certificate, for <see cref="TestTransport.Tls"/>.</param>
    public static async Task<RpcTestServer> StartAsync(
        Action<WebApplication> map,
        Action<IServiceCollection>? services = null,
        Action<GrpcServiceOptions>? options = null,
        Action<KestrelServerOptions>? kestrel = null,
        TestTransport transport = TestTransport.Tcp,
        X509Certificate2? certificate = null)
    {
        var logs = new TestLogs();
        var folder = transport == TestTransport.UnixSocket ? new TempFolder() : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(logs);
        builder.Services.AddGrpc(options ?? (_ => { }));
        services?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.ConfigureGrpcKestrel();
            kestrel?.Invoke(server);
            Listen(server, transport, folder, certificate);
        });
        if (transport == TestTransport.Tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        map(app);
        await app.StartAsync();
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RpcTestServer(app, logs, folder, folder is null ? bound : $"unix://{folder.File("server.sock")}");
    }

    /// <summary>A channel to this server, disposed with it.</summary>
    public GrpcChannel CreateChannel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Stops the server as an operator would: new connections are refused, calls under way finish.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        // A call that a test has left hanging does not hold up the others.
        using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await _app.StopAsync(grace.Token);
        await _app.DisposeAsync();
        _folder?.Dispose();
        Logs.ThrowIfUnexpected();
    }

    private static void Listen(KestrelServerOptions server, TestTransport transport, TempFolder? folder, X509Certificate2? certificate)
    {
        switch (transport)
        {
            case TestTransport.UnixSocket:
                server.ListenUnixSocket(folder!.File("server.sock"), listen => listen.Protocols = HttpProtocols.Http2);
                break;
            case TestTransport.Http1:
                server.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
                break;
            case TestTransport.Tls:
                server.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(certificate!));
                break;
            default:
                server.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
                break;
        }
    }
}
