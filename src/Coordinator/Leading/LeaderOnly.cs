using BuildFarm.Coordinator.Journal;
using BuildFarm.Hosting.Leaders;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace BuildFarm.Coordinator.Leading;

/// <summary>
/// Refuses every call of a service while this coordinator does not lead, and says who does. A call of the leader that meets a
/// database that is away ends as UNAVAILABLE too: whoever leads next answers it.
/// </summary>
public sealed class LeaderOnly(ILeadership leadership) : Interceptor
{
    /// <inheritdoc />
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check();
        try
        {
            return await base.UnaryServerHandler(request, context, continuation);
        }
        catch (JournalException e)
        {
            throw Away(e);
        }
    }

    /// <inheritdoc />
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check();
        return base.ClientStreamingServerHandler(requestStream, context, continuation);
    }

    /// <inheritdoc />
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check();
        try
        {
            await base.ServerStreamingServerHandler(request, responseStream, context, continuation);
        }
        catch (JournalException e)
        {
            throw Away(e);
        }
    }

    /// <inheritdoc />
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check();
        return base.DuplexStreamingServerHandler(requestStream, responseStream, context, continuation);
    }

    private static RpcException Away(JournalException error) => new(new Status(StatusCode.Unavailable, error.Message, error));

    private void Check()
    {
        if (!leadership.Leads)
        {
            throw LeaderRedirect.Refusal(leadership.LeaderAddress);
        }
    }
}
