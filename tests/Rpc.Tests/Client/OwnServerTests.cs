using BuildFarm.Rpc.Tests.Interop;
using BuildFarm.TestKit.Rpc;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>The client against the project's own server, where both have to agree.</summary>
public sealed class OwnServerTests
{
    [Fact]
    public async Task Unary_UnixSocket_Answers()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>(), transport: TestTransport.UnixSocket);
        var response = await new TestService.TestServiceClient(server.CreateChannel()).UnaryCallAsync(new SimpleRequest { ResponseSize = 5 }).ResponseAsync.Within();
        Assert.Equal(5, response.Payload.Body.Length);
    }

    [Fact]
    public async Task Unary_RichDetails_ArriveWhole()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<DetailedFailures>());
        var error = await Guard.FailureOf(new TestService.TestServiceClient(server.CreateChannel()).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal((StatusCode.FailedPrecondition, "missing"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("the details", error.GetStatusDetails(SimpleResponse.Parser)!.Username);
    }

    [Fact]
    public async Task Interceptors_EveryShape_SeeTheCall()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>());
        var noting = new NotingInterceptor();
        var client = new TestService.TestServiceClient(server.CreateChannel().Intercept(noting));
        using var unary = client.UnaryCallAsync(new SimpleRequest());
        await unary.ResponseAsync.Within();
        Assert.Equal("noted", (await unary.ResponseHeadersAsync).GetValue("x-grpc-test-echo-initial"));
        using var outputs = client.StreamingOutputCall(new StreamingOutputCallRequest());
        using var inputs = client.StreamingInputCall();
        using var duplex = client.FullDuplexCall();
        Assert.Equal(["UnaryCall", "StreamingOutputCall", "StreamingInputCall", "FullDuplexCall"], noting.Methods);
    }

    [Fact]
    public async Task Duplex_ManyAtOnce_EachKeepsItsOwnMessages()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>());
        var client = new TestService.TestServiceClient(server.CreateChannel());
        await Task.WhenAll(Enumerable.Range(1, 200).Select(async size =>
        {
            using var call = client.FullDuplexCall();
            for (var i = 0; i < 20; i++)
            {
                await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = size + i } } });
                Assert.True(await call.ResponseStream.MoveNext(default));
                Assert.Equal(size + i, call.ResponseStream.Current.Payload.Body.Length);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(default));
        })).Within();
    }

    [Fact]
    public async Task Cancel_ClientGivesUp_ServerTokenFires()
    {
        var service = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<Waiting>(), services => services.AddSingletonPair(service, cancelled));
        using var cancellation = new CancellationTokenSource();
        var call = new TestService.TestServiceClient(server.CreateChannel()).EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        await service.Task.Within();
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        await cancelled.Task.Within();
    }

    internal sealed class Waiting(ServiceSignals signals) : TestService.TestServiceBase
    {
        public override async Task<Empty> EmptyCall(Empty request, ServerCallContext context)
        {
            using var registration = context.CancellationToken.Register(() => signals.Cancelled.TrySetResult());
            signals.Started.SetResult();
            await signals.Cancelled.Task;
            return request;
        }
    }

    private sealed class DetailedFailures : TestService.TestServiceBase
    {
        public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) =>
            throw new Status(StatusCode.FailedPrecondition, "missing").ToRpcException(new SimpleResponse { Username = "the details" });
    }

    private sealed class NotingInterceptor : Interceptor
    {
        public List<string> Methods { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Note(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Note(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(Note(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(Note(context));

        private ClientInterceptorContext<TRequest, TResponse> Note<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            Methods.Add(context.Method.Name);
            var headers = new Metadata { { "x-grpc-test-echo-initial", "noted" } };
            return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }
}
