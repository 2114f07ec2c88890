namespace Grpc.Core;

/// <summary>What the four call objects share: headers, status, trailers, disposal.</summary>
/// <remarks>The callbacks take a state object so that an invoker can pass static delegates and allocate no closures.</remarks>
internal readonly struct AsyncCallState
{
    private readonly object _headers;
    private readonly Func<object, Status> _getStatus;
    private readonly Func<object, Metadata> _getTrailers;
    private readonly Action<object> _dispose;
    private readonly object _state;

    public AsyncCallState(
        Func<object, Task<Metadata>> responseHeaders,
        Func<object, Status> getStatus,
        Func<object, Metadata> getTrailers,
        Action<object> dispose,
        object state)
    {
        _headers = responseHeaders;
        _getStatus = getStatus;
        _getTrailers = getTrailers;
        _dispose = dispose;
        _state = state;
    }

    public AsyncCallState(Task<Metadata> responseHeaders, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
    {
        _headers = responseHeaders;
        _getStatus = static state => ((Callbacks)state).GetStatus();
        _getTrailers = static state => ((Callbacks)state).GetTrailers();
        _dispose = static state => ((Callbacks)state).Dispose();
        _state = new Callbacks(getStatus, getTrailers, dispose);
    }

    public Task<Metadata> ResponseHeadersAsync => _headers is Func<object, Task<Metadata>> function ? function(_state) : (Task<Metadata>)_headers;

    public Status GetStatus() => _getStatus(_state);

    public Metadata GetTrailers() => _getTrailers(_state);

    public void Dispose() => _dispose(_state);

    private sealed record Callbacks(Func<Status> GetStatus, Func<Metadata> GetTrailers, Action Dispose);
}
