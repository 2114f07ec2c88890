using Grpc.Core;

namespace BuildFarm.Hosting.Leaders;

/// <summary>One unary call, made again until a leader has answered it.</summary>
internal sealed class LeaderUnaryCall<TResponse>
{
    private readonly LeaderSearch _search;
    private readonly Func<CallInvoker, AsyncUnaryCall<TResponse>> _begin;
    private readonly LeaderBackoff _backoff;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncUnaryCall<TResponse>? _call;

    public LeaderUnaryCall(
        LeaderSearch search, Func<CallInvoker, AsyncUnaryCall<TResponse>> begin, LeaderBackoff backoff, TimeProvider time, CancellationToken cancellationToken)
    {
        _search = search;
        _begin = begin;
        _backoff = backoff;
        _time = time;
        _disposed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Response = RunAsync();
    }

    public Task<TResponse> Response { get; }

    public Task<Metadata> Headers => _headers.Task;

    public Status GetStatus() => Ended().GetStatus();

    public Metadata GetTrailers() => Ended().GetTrailers();

    public void Dispose()
    {
        _disposed.Cancel();
        _call?.Dispose();
    }

    private async Task<TResponse> RunAsync()
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var peer = _search.Current;
            var call = _call = _begin(peer.Invoker);
            try
            {
                var response = await call.ResponseAsync;
                _headers.TrySetResult(await call.ResponseHeadersAsync);
                return response;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && _time.GetElapsedTime(began) < LeaderInvoker.Patience)
            {
                var redirected = _search.MoveOn(peer, e);
                try
                {
                    await Task.Delay(_backoff.Next(redirected), _time, _disposed.Token);
                }
                catch (OperationCanceledException)
                {
                    throw Fail(new RpcException(new Status(StatusCode.Cancelled, "the call was cancelled while no coordinator led", e)));
                }
            }
            catch (RpcException e)
            {
                throw Fail(e);
            }

            call.Dispose();
        }
    }

    private RpcException Fail(RpcException error)
    {
        _headers.TrySetException(error);
        // Nobody may ask for the headers of a call that failed.
        _ = _headers.Task.Exception;
        return error;
    }

    private AsyncUnaryCall<TResponse> Ended() =>
        Response.IsCompleted ? _call! : throw new InvalidOperationException("The call has not ended yet.");
}
