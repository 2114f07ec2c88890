using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>A client that gives up, and what its handler hears of it.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task Client_Cancels_HandlerIsTold()
    {
        var started = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Unary = async (_, context) =>
            {
                await using var registration = context.CancellationToken.Register(told.SetResult);
                started.SetResult();
                await told.Task;
                context.CancellationToken.ThrowIfCancellationRequested();
                return new SimpleResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var cancellation = new CancellationTokenSource();

        var call = server.Client().UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellation.Token);
        await started.Task.WaitAsync(TestServers.Guard);
        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await told.Task.WaitAsync(TestServers.Guard);
    }

    [Fact]
    public async Task Client_CancelsWhileHandlerReads_HandlerSeesCancellation()
    {
        var outcome = new TaskCompletionSource<Exception?>();
        var reading = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Input = async (requests, _) =>
            {
                var read = requests.MoveNext();
                reading.SetResult();
                outcome.SetResult(await Record.ExceptionAsync(() => read));
                await read;
                return new StreamingInputCallResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service);
        var call = server.Client().StreamingInputCall();
        await reading.Task.WaitAsync(TestServers.Guard);

        call.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await outcome.Task.WaitAsync(TestServers.Guard));
    }

    [Fact]
    public async Task Handler_ReadsAStreamThatIsResetBeforeTheCallIsAborted_IsCancelled()
    {
        var reading = new TaskCompletionSource();
        var ended = new TaskCompletionSource<Exception>();
        var service = new DelegatingTestService
        {
            Duplex = async (requests, _, _) =>
            {
                await requests.MoveNext();
                var next = requests.MoveNext();
                reading.SetResult();
                ended.SetResult(await Assert.ThrowsAnyAsync<Exception>(() => next));
                await next;
            },
        };
        await using var server = await RpcTestServer.StartAsync(
            app =>
            {
                // As if the abort were told very late.
                app.Use((http, next) =>
                {
                    http.RequestAborted = CancellationToken.None;
                    return next(http);
                });
                app.MapGrpcService<DelegatingTestService>();
            },
            services => services.AddSingleton(service));
        using (var call = server.Client().FullDuplexCall())
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest());
            await reading.Task.WaitAsync(TestServers.Guard);
        }

        Assert.IsType<OperationCanceledException>(await ended.Task.WaitAsync(TestServers.Guard));
    }
}
