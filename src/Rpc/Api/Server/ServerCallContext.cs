namespace Grpc.Core;

/// <summary>A call as its handler on the server sees it.</summary>
public abstract class ServerCallContext
{
    private Dictionary<object, object>? _userState;

    /// <summary>For servers and for tests of handlers.</summary>
    protected ServerCallContext()
    {
    }

    /// <summary>The request path: <c>/service/method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The authority that the client called.</summary>
    public string Host => HostCore;

    /// <summary>The client's address: <c>ipv4:…</c>, <c>ipv6:…</c> or <c>unix:…</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>When the call fails with DEADLINE_EXCEEDED, in UTC; <see cref="DateTime.MaxValue"/> for never.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>The metadata that the client sent.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Cancelled when the client cancels, the connection goes, or the deadline passes.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>The metadata sent with the status; add to it before the handler returns.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>The status sent when the handler returns without an exception.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>Options of the messages written.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>Who the transport says the client is.</summary>
    public AuthContext AuthContext => AuthContextCore;

    /// <summary>A bag for interceptors and handlers of this call.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <inheritdoc cref="Method" />
    protected abstract string MethodCore { get; }

    /// <inheritdoc cref="Host" />
    protected abstract string HostCore { get; }

    /// <inheritdoc cref="Peer" />
    protected abstract string PeerCore { get; }

    /// <inheritdoc cref="Deadline" />
    protected abstract DateTime DeadlineCore { get; }

    /// <inheritdoc cref="RequestHeaders" />
    protected abstract Metadata RequestHeadersCore { get; }

    /// <inheritdoc cref="CancellationToken" />
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <inheritdoc cref="ResponseTrailers" />
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <inheritdoc cref="Status" />
    protected abstract Status StatusCore { get; set; }

    /// <inheritdoc cref="WriteOptions" />
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <inheritdoc cref="AuthContext" />
    protected abstract AuthContext AuthContextCore { get; }

    /// <inheritdoc cref="UserState" />
    protected virtual IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Sends the response headers now, once; otherwise they go with the first message.</summary>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>A token that hands this call's deadline and cancellation to calls made for it.</summary>
    public ContextPropagationToken CreatePropagationToken(ContextPropagationOptions? options = null) => CreatePropagationTokenCore(options);

    /// <inheritdoc cref="WriteResponseHeadersAsync" />
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);

    /// <inheritdoc cref="CreatePropagationToken" />
    protected abstract ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options);
}
