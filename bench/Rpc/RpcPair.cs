using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Bench.Rpc;

/// <summary>A server and a client of the bench service in this process, over loopback h2c.</summary>
internal sealed class RpcPair : IAsyncDisposable
{
    private const int MessageBytes = 256 * 1024;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly Bench.BenchClient _client;

    private RpcPair(WebApplication app, GrpcChannel channel)
    {
        _app = app;
        _channel = channel;
        _client = new Bench.BenchClient(channel);
    }

    public static async Task<RpcPair> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureGrpcKestrel();
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<BenchService>();
        await app.StartAsync();
        return new RpcPair(app, GrpcChannel.ForAddress(app.Urls.First()));
    }

    /// <summary>Keeps a fixed number of unary calls in flight for the time given.</summary>
    public async Task<RpcFigures> UnaryAsync(TimeSpan time, int inFlight)
    {
        var request = new Payload { Body = ByteString.CopyFrom(new byte[100]) };
        var start = Stopwatch.GetTimestamp();
        var loops = Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var micros = new List<double>(100_000);
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                var begun = Stopwatch.GetTimestamp();
                await _client.EchoAsync(request);
                micros.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }

            return micros;
        }));
        var all = (await Task.WhenAll(loops)).SelectMany(micros => micros).Order().ToArray();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new RpcFigures(all.Length / elapsed, all[all.Length / 2], all[(int)(all.Length * 0.99)], 0, 0);
    }

    /// <summary>Bytes a second from server to client.</summary>
    public async Task<double> DownloadAsync(long bytes)
    {
        var start = Stopwatch.GetTimestamp();
        using var call = _client.Download(new DownloadRequest { TotalBytes = bytes, MessageBytes = MessageBytes });
        var got = 0L;
        await foreach (var payload in call.ResponseStream.ReadAllAsync())
        {
            got += payload.Body.Length;
        }

        return Checked(got, bytes, start);
    }

    /// <summary>Bytes a second from client to server.</summary>
    public async Task<double> UploadAsync(long bytes)
    {
        var payload = new Payload { Body = ByteString.CopyFrom(new byte[MessageBytes]) };
        var start = Stopwatch.GetTimestamp();
        using var call = _client.Upload();
        for (var left = bytes; left > 0; left -= MessageBytes)
        {
            await call.RequestStream.WriteAsync(payload);
        }

        await call.RequestStream.CompleteAsync();
        return Checked((await call.ResponseAsync).TotalBytes, bytes, start);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    private static double Checked(long got, long bytes, long start) =>
        got == bytes ? bytes / Stopwatch.GetElapsedTime(start).TotalSeconds : throw new InvalidOperationException($"{got} of {bytes} bytes arrived");

    private sealed class BenchService : Bench.BenchBase
    {
        public override Task<Payload> Echo(Payload request, ServerCallContext context) => Task.FromResult(new Payload { Body = request.Body });

        public override async Task Download(DownloadRequest request, IServerStreamWriter<Payload> responseStream, ServerCallContext context)
        {
            var payload = new Payload { Body = ByteString.CopyFrom(new byte[request.MessageBytes]) };
            for (var left = request.TotalBytes; left > 0; left -= request.MessageBytes)
            {
                await responseStream.WriteAsync(payload);
            }
        }

        public override async Task<UploadResponse> Upload(IAsyncStreamReader<Payload> requestStream, ServerCallContext context)
        {
            var total = 0L;
            await foreach (var payload in requestStream.ReadAllAsync(context.CancellationToken))
            {
                total += payload.Body.Length;
            }

            return new UploadResponse { TotalBytes = total };
        }
    }
}
