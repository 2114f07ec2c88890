using Grpc.Core;
using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client;

/// <summary>Makes calls on a channel, one method a call shape.</summary>
internal sealed class ChannelCallInvoker(GrpcChannel channel) : CallInvoker
{
    private static readonly Func<object, Task<Metadata>> Headers = static call => ((ClientCall)call).GetHeadersAsync();
    private static readonly Func<object, Status> GetStatus = static call => ((ClientCall)call).GetStatus();
    private static readonly Func<object, Metadata> Trailers = static call => ((ClientCall)call).GetTrailers();
    private static readonly Action<object> Cancel = static call => ((ClientCall)call).Cancel();

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall(channel, method, options, streaming: false);
        StartSingle(call, method, options, request);
        return new AsyncUnaryCall<TResponse>(call.ReceiveSingleAsync(method.ResponseMarshaller), Headers, GetStatus, Trailers, Cancel, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall(channel, method, options, streaming: true);
        StartSingle(call, method, options, request);
        return new AsyncServerStreamingCall<TResponse>(new ResponseStream<TResponse>(call, method.ResponseMarshaller), Headers, GetStatus, Trailers, Cancel, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall(channel, method, options, streaming: true);
        var requests = StartStream(call, method, endsByItself: true);
        var response = call.ReceiveSingleAsync(method.ResponseMarshaller);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, response, Headers, GetStatus, Trailers, Cancel, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall(channel, method, options, streaming: true);
        var requests = StartStream(call, method, endsByItself: false);
        var responses = new ResponseStream<TResponse>(call, method.ResponseMarshaller);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(requests, responses, Headers, GetStatus, Trailers, Cancel, call);
    }

    private static void StartSingle<TRequest, TResponse>(ClientCall call, Method<TRequest, TResponse> method, CallOptions options, TRequest request)
    {
        var content = new SingleRequest();
        try
        {
            var compress = options.WriteOptions is not { } write || !write.Flags.HasFlag(WriteFlags.NoCompress);
            content.Write(request, method.RequestMarshaller.ContextualSerializer, call.Messages, compress);
        }
        catch (Exception e)
        {
            call.EndWith(e);
        }

        call.Start(content);
    }

    private RequestStream<TRequest> StartStream<TRequest, TResponse>(ClientCall call, Method<TRequest, TResponse> method, bool endsByItself)
    {
        var keeps = channel.RouteOf(method).Retries is not null;
        var requests = new RequestStream<TRequest>(call, method.RequestMarshaller, channel.RetryBudget, keeps, endsByItself);
        call.Start(requests);
        return requests;
    }
}
