using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>Code around the calls of a server.</summary>
public sealed class InterceptorTests
{
    [Fact]
    public async Task Interceptors_AllShapes_RunOutermostFirst()
    {
        var trace = new List<string>();
        await using var server = await StartAsync(new DelegatingTestService(), trace, "outer", "inner");
        var client = server.Client();

        await client.UnaryCallAsync(new SimpleRequest());
        using var output = client.StreamingOutputCall(new StreamingOutputCallRequest());
        await output.ResponseStream.MoveNext();
        using var input = client.StreamingInputCall();
        await input.RequestStream.CompleteAsync();
        await input;
        using var duplex = client.FullDuplexCall();
        await duplex.RequestStream.CompleteAsync();
        await duplex.ResponseStream.MoveNext();

        Assert.Equal(
            ["outer Unary", "inner Unary", "outer ServerStreaming", "inner ServerStreaming", "outer ClientStreaming", "inner ClientStreaming", "outer Duplex", "inner Duplex"],
            trace);
    }

    [Fact]
    public async Task Interceptor_Refuses_HandlerIsNotCalled()
    {
        var called = false;
        var service = new DelegatingTestService
        {
            Unary = (_, _) =>
            {
                called = true;
                return Task.FromResult(new SimpleResponse());
            },
        };
        await using var server = await StartAsync(service, [], "refuse");

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest()));

        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.False(called);
    }

    [Fact]
    public async Task Interceptor_Registered_ComesFromContainer()
    {
        var trace = new List<string>();
        await using var server = await RpcTestServer.StartAsync(
            app => app.MapGrpcService<DelegatingTestService>(),
            services => services.AddSingleton(new DelegatingTestService()).AddSingleton(new Tracing(trace, "container")),
            options => options.Interceptors.Add<Tracing>());

        await server.Client().UnaryCallAsync(new SimpleRequest());

        Assert.Equal(["container Unary"], trace);
    }

    private static Task<RpcTestServer> StartAsync(DelegatingTestService service, List<string> trace, params string[] names) =>
        TestServers.StartAsync(service, options =>
        {
            foreach (var name in names)
            {
                options.Interceptors.Add<Tracing>(trace, name);
            }
        });

    private sealed class Tracing(List<string> trace, string name) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Trace("Unary");
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Trace("ClientStreaming");
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Trace("ServerStreaming");
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Trace("Duplex");
            return continuation(requestStream, responseStream, context);
        }

        private void Trace(string shape)
        {
            if (name == "refuse")
            {
                throw new RpcException(new Status(StatusCode.Unauthenticated, "who are you?"));
            }

            trace.Add($"{name} {shape}");
        }
    }
}
