using BuildFarm.Rpc.Server.Calls;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Handlers;

/// <summary>One request, one response.</summary>
internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, CallSettings settings, UnaryServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(ServerCall call)
    {
        var request = await call.ReadSingleAsync(Method.RequestMarshaller.ContextualDeserializer);
        var response = await handler(request, call);
        await RespondAsync(call, response);
    }
}
