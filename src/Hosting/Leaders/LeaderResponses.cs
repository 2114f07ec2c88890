using Grpc.Core;

namespace BuildFarm.Hosting.Leaders;

/// <summary>The responses of one streaming call, which goes on to the leader when a standby has refused it.</summary>
internal sealed class LeaderResponses<TResponse> : IAsyncStreamReader<TResponse>
{
    /// <summary>Refusals that are followed before the caller hears of one: two standbys may name each other.</summary>
    private const int MostRedirects = 3;

    private readonly LeaderSearch _search;
    private readonly Func<CallInvoker, AsyncServerStreamingCall<TResponse>> _begin;
    private readonly Lock _gate = new();
    private LeaderSearch.Peer _peer;
    private AsyncServerStreamingCall<TResponse> _call;
    private int _redirects;
    private bool _disposed;

    public LeaderResponses(LeaderSearch search, Func<CallInvoker, AsyncServerStreamingCall<TResponse>> begin)
    {
        _search = search;
        _begin = begin;
        _peer = search.Current;
        _call = begin(_peer.Invoker);
    }

    public TResponse Current => _call.ResponseStream.Current;

    public Task<Metadata> HeadersAsync() => _call.ResponseHeadersAsync;

    public Status GetStatus() => _call.GetStatus();

    public Metadata GetTrailers() => _call.GetTrailers();

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _call.ResponseStream.MoveNext(cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // A refusal comes before the first response, so none is lost or repeated.
                if (!_search.MoveOn(_peer, e) || LeaderRedirect.Find(e) is null || _redirects++ == MostRedirects || !TryBegin())
                {
                    throw;
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _call.Dispose();
        }
    }

    private bool TryBegin()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _call.Dispose();
                _peer = _search.Current;
                _call = _begin(_peer.Invoker);
            }

            return !_disposed;
        }
    }
}
