using BuildFarm.Rpc.Server.Calls;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Handlers;

/// <summary>A stream of requests and a stream of responses.</summary>
internal sealed class DuplexStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, CallSettings settings, DuplexStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override Task RunAsync(ServerCall call) => handler(
        new RequestStream<TRequest>(call, Method.RequestMarshaller.ContextualDeserializer),
        new ResponseStream<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer),
        call);
}
