using Grpc.Core;
using Grpc.Testing;

namespace BuildFarm.Rpc.Tests.Server.Support;

/// <summary>A service whose handlers are the test's.</summary>
internal sealed class DelegatingTestService : TestService.TestServiceBase
{
    public UnaryServerMethod<SimpleRequest, SimpleResponse> Unary { get; init; } = (_, _) => Task.FromResult(new SimpleResponse());

    public ServerStreamingServerMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> Output { get; init; } = (_, _, _) => Task.CompletedTask;

    public ClientStreamingServerMethod<StreamingInputCallRequest, StreamingInputCallResponse> Input { get; init; } =
        (_, _) => Task.FromResult(new StreamingInputCallResponse());

    public DuplexStreamingServerMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> Duplex { get; init; } = (_, _, _) => Task.CompletedTask;

    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => Unary(request, context);

    public override Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context) =>
        Output(request, responseStream, context);

    public override Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context) => Input(requestStream, context);

    public override Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context) => Duplex(requestStream, responseStream, context);
}
