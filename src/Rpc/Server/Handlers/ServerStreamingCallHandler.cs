using BuildFarm.Rpc.Server.Calls;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Handlers;

/// <summary>One request, a stream of responses.</summary>
internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, CallSettings settings, ServerStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(ServerCall call)
    {
        var request = await call.ReadSingleAsync(Method.RequestMarshaller.ContextualDeserializer);
        await handler(request, new ResponseStream<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer), call);
    }
}
