using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using BuildFarm.Rpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>A real HTTP/2 server whose answers a test writes by hand, so that it can do what a well-behaved gRPC server never does.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(WebApplication app, Uri address, ConcurrentQueue<IHeaderDictionary> requests, Task arrived)
    {
        _app = app;
        Address = address;
        Requests = requests;
        Arrived = arrived;
    }

    public Uri Address { get; }

    /// <summary>The headers of each request, in the order of their arrival.</summary>
    public ConcurrentQueue<IHeaderDictionary> Requests { get; }

    /// <summary>Completes when the first request arrives.</summary>
    public Task Arrived { get; }

    public static async Task<ScriptedServer> StartAsync(RequestDelegate script, string? socketPath = null, X509Certificate2? certificate = null, int port = 0)
    {
        var requests = new ConcurrentQueue<IHeaderDictionary>();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            void Configure(ListenOptions listen)
            {
                listen.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            }

            if (socketPath is null)
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, port, Configure);
            }
            else
            {
                kestrel.ListenUnixSocket(socketPath, Configure);
            }
        });
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        app.Run(context =>
        {
            requests.Enqueue(new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)));
            arrived.TrySetResult();
            context.Response.ContentType = ProtocolNames.ContentType;
            return script(context);
        });
        await app.StartAsync();
        var address = socketPath is null ? new Uri(app.Urls.Single().Replace("127.0.0.1", certificate is null ? "127.0.0.1" : "localhost", StringComparison.Ordinal)) : new Uri($"unix://{socketPath}");
        return new ScriptedServer(app, address, requests, arrived.Task);
    }

    public GrpcChannel Connect(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    /// <summary>Stops as an operator would: connections are told to go away, calls under way end.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>The moves of a script.</summary>
internal static class ScriptMoves
{
    /// <summary>Ends the call with a status: in the trailers, or, when no headers have gone out, in the only header frame.</summary>
    public static Task EndAsync(this HttpContext context, StatusCode code = StatusCode.OK, string? message = null, string? pushback = null)
    {
        var trailers = context.Response.HasStarted ? context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : context.Response.Headers;
        trailers[ProtocolNames.StatusTrailer] = ((int)code).ToString(CultureInfo.InvariantCulture);
        if (message is not null)
        {
            trailers[ProtocolNames.MessageTrailer] = PercentEncoding.Encode(message);
        }

        if (pushback is not null)
        {
            trailers[ProtocolNames.RetryPushbackHeader] = pushback;
        }

        return context.Response.CompleteAsync();
    }

    public static async Task ReplyAsync(this HttpContext context, IMessage message)
    {
        await context.SendAsync(message);
        await context.EndAsync();
    }

    public static async Task SendAsync(this HttpContext context, IMessage message)
    {
        await context.Response.StartAsync();
        using var writer = new MessageWriter(context.Response.BodyWriter, maxMessageSize: null);
        writer.Write(message, static (m, c) => c.Complete(m.ToByteArray()));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public static PipeMessageReader Messages(this HttpContext context) => new(context.Request.BodyReader, new BuildFarm.Rpc.Wire.MessageParser(maxMessageSize: null));

    public static async ValueTask<T?> ReadAsync<T>(this PipeMessageReader reader, MessageParser<T> parser)
        where T : class, IMessage<T> =>
        (await reader.ReadAsync(context => parser.ParseFrom(context.PayloadAsReadOnlySequence()), CancellationToken.None)).Value;

    public static void Reset(this HttpContext context, int errorCode) => context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);

    /// <summary>Waits until the client has given the call up.</summary>
    public static Task UntilAbortedAsync(this HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.RequestAborted.Register(() => aborted.TrySetResult());
        return aborted.Task;
    }
}
