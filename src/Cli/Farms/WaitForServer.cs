using Grpc.Core;
using Grpc.Core.Interceptors;

namespace BuildFarm.Cli.Farms;

/// <summary>The worker's link waits for the server of its own process, which begins to listen a moment later.</summary>
internal sealed class WaitForServer : Interceptor
{
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithWaitForReady()));
}
