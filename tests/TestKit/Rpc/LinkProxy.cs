using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.TestKit.Rpc;

/// <summary>
/// Stands between a worker and its coordinator, each a real one, and passes the messages of the link on as bytes: it can keep
/// them, and it can make of them what another release would have sent.
/// </summary>
public sealed class LinkProxy : RawLink, IAsyncDisposable
{
    private readonly Grpc.Net.Client.GrpcChannel _coordinator;
    private readonly Func<byte[], byte[]> _ofWorker;
    private readonly Func<byte[], byte[]> _ofCoordinator;
    private RpcTestServer? _server;

    private LinkProxy(string coordinator, Func<byte[], byte[]> ofWorker, Func<byte[], byte[]> ofCoordinator)
    {
        _coordinator = Grpc.Net.Client.GrpcChannel.ForAddress(coordinator);
        (_ofWorker, _ofCoordinator) = (ofWorker, ofCoordinator);
    }

    /// <summary>What a worker takes for its coordinator.</summary>
    public string Address => _server!.Address;

    /// <summary>All messages as they came, in order, and who sent them.</summary>
    public ConcurrentQueue<(bool FromWorker, byte[] Bytes)> Messages { get; } = [];

    /// <summary>Starts it.</summary>
    /// <param name="coordinator">Address of the coordinator.</param>
    /// <param name="ofWorker">Makes of a worker's message what the coordinator gets.</param>
    /// <param name="ofCoordinator">Makes of a coordinator's message what the worker gets.</param>
    public static async Task<LinkProxy> StartAsync(string coordinator, Func<byte[], byte[]> ofWorker, Func<byte[], byte[]> ofCoordinator)
    {
        var proxy = new LinkProxy(coordinator, ofWorker, ofCoordinator);
        proxy._server = await RpcTestServer.StartAsync(app => app.MapGrpcService<LinkProxy>(), services => services.AddSingleton(proxy));
        return proxy;
    }

    /// <inheritdoc />
    public override async Task Link(IAsyncStreamReader<byte[]> requestStream, IServerStreamWriter<byte[]> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        using var call = Call(_coordinator, context.CancellationToken);
        var up = UpAsync(requestStream, call.RequestStream, context.CancellationToken);
        try
        {
            while (await call.ResponseStream.MoveNext(context.CancellationToken))
            {
                Messages.Enqueue((false, call.ResponseStream.Current));
                await responseStream.WriteAsync(_ofCoordinator(call.ResponseStream.Current));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the worker has hung up"));
        }

        await up;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _coordinator.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private async Task UpAsync(IAsyncStreamReader<byte[]> from, IClientStreamWriter<byte[]> to, CancellationToken cancellationToken)
    {
        try
        {
            while (await from.MoveNext(cancellationToken))
            {
                Messages.Enqueue((true, from.Current));
                await to.WriteAsync(_ofWorker(from.Current), cancellationToken);
            }

            await to.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The other direction says how the call ended.
        }
    }
}
