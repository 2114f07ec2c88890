using BuildFarm.Rpc.Server.Calls;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>Wraps a handler in interceptors, outermost first. The chain of delegates is made once a method.</summary>
internal sealed class InterceptorPipeline
{
    private readonly ServiceActivator<Interceptor>[] _innermostFirst;

    private InterceptorPipeline(ServiceActivator<Interceptor>[] innermostFirst) => _innermostFirst = innermostFirst;

    public static InterceptorPipeline Create(IServiceProvider services, InterceptorCollection interceptors) => new(
        [.. interceptors.Reverse().Select(i => ServiceActivator<Interceptor>.Create(services, i.Type, i.ArgumentArray))]);

    public UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class =>
        Wrap(handler, static (interceptor, next) => (request, context) =>
            interceptor.Get(ServerCall.Of(context)).UnaryServerHandler(request, context, next));

    public ClientStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class =>
        Wrap(handler, static (interceptor, next) => (requests, context) =>
            interceptor.Get(ServerCall.Of(context)).ClientStreamingServerHandler(requests, context, next));

    public ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class =>
        Wrap(handler, static (interceptor, next) => (request, responses, context) =>
            interceptor.Get(ServerCall.Of(context)).ServerStreamingServerHandler(request, responses, context, next));

    public DuplexStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class =>
        Wrap(handler, static (interceptor, next) => (requests, responses, context) =>
            interceptor.Get(ServerCall.Of(context)).DuplexStreamingServerHandler(requests, responses, context, next));

    private THandler Wrap<THandler>(THandler handler, Func<ServiceActivator<Interceptor>, THandler, THandler> around) =>
        _innermostFirst.Aggregate(handler, (next, interceptor) => around(interceptor, next));
}
