using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.Hosting.Leaders;

/// <summary>
/// Makes calls to whichever of several coordinators leads. A unary call that finds none tries again for
/// <see cref="Patience"/>: every call of buildfarm.v1 may be repeated. A stream that breaks is its caller's to open again, and
/// then goes to the next coordinator; only one that a standby refused goes on to the leader by itself.
/// </summary>
public sealed class LeaderInvoker : CallInvoker, IDisposable
{
    /// <summary>How long a call waits for a leader: longer than a takeover.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly LeaderSearch _search;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;

    /// <summary>Calls to the farm of these coordinators, the first of which is asked first.</summary>
    /// <param name="addresses">At least one.</param>
    /// <param name="time">The clock of pauses.</param>
    public LeaderInvoker(IReadOnlyList<Uri> addresses, TimeProvider time)
        : this(addresses, static address => GrpcChannel.ForAddress(address, ChannelOptions()), time, Random.Shared.NextDouble)
    {
    }

    internal LeaderInvoker(IReadOnlyList<Uri> addresses, Func<Uri, GrpcChannel> connect, TimeProvider time, Func<double> random)
    {
        _search = new LeaderSearch(addresses, connect);
        _time = time;
        _random = random;
    }

    /// <summary>The coordinator that the next call goes to.</summary>
    public Uri Address => _search.Current.Address;

    /// <summary>
    /// Options that find a dead or stopped leader well before a worker's lease ends: another one may lead by then.
    /// </summary>
    public static GrpcChannelOptions ChannelOptions()
    {
        var options = FarmChannel.Options();
        options.ConnectTimeout = TimeSpan.FromSeconds(3);
        options.KeepAlivePingDelay = TimeSpan.FromSeconds(4);
        options.KeepAlivePingTimeout = TimeSpan.FromSeconds(4);
        return options;
    }

    /// <inheritdoc />
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    /// <inheritdoc />
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new LeaderUnaryCall<TResponse>(
            _search, invoker => invoker.AsyncUnaryCall(method, host, options, request), new LeaderBackoff(_random), _time, options.CancellationToken);
        return new AsyncUnaryCall<TResponse>(call.Response, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc />
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var stream = new LeaderResponses<TResponse>(_search, invoker => invoker.AsyncServerStreamingCall(method, host, options, request));
        return new AsyncServerStreamingCall<TResponse>(stream, stream.HeadersAsync(), stream.GetStatus, stream.GetTrailers, stream.Dispose);
    }

    /// <inheritdoc />
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        _search.Current.Invoker.AsyncClientStreamingCall(method, host, options);

    /// <inheritdoc />
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var peer = _search.Current;
        var call = peer.Invoker.AsyncDuplexStreamingCall(method, host, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, new ObservedResponses<TResponse>(call.ResponseStream, _search, peer), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc />
    public void Dispose() => _search.Dispose();

    /// <summary>Tells the search how a stream ended.</summary>
    private sealed class ObservedResponses<T>(IAsyncStreamReader<T> responses, LeaderSearch search, LeaderSearch.Peer peer) : IAsyncStreamReader<T>
    {
        public T Current => responses.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await responses.MoveNext(cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                search.MoveOn(peer, e);
                throw;
            }
        }
    }
}
