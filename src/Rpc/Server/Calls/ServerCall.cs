using System.Net.Sockets;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>One call, from its request headers to its status. This part is what the handler sees of it.</summary>
internal sealed partial class ServerCall : ServerCallContext, IDisposable
{
    private static readonly object CallKey = new();
    private static readonly AuthContext Anonymous = new(null, []);

    private readonly IMethod _method;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private Dictionary<object, object>? _userState;

    public ServerCall(HttpContext http, IMethod method, CallSettings settings)
    {
        Http = http;
        Settings = settings;
        _method = method;
        _output = http.Response.BodyWriter;
        _parser = new MessageParser(settings.MaxReceiveMessageSize);
        _reader = new PipeMessageReader(http.Request.BodyReader, _parser);
        _writer = new MessageWriter(_output, settings.MaxSendMessageSize, null, settings.ResponseCompressionLevel);
    }

    public HttpContext Http { get; }

    public CallSettings Settings { get; }

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => Http.Connection.RemoteIpAddress switch
    {
        null => "unix:",
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"ipv6:[{address}]:{Http.Connection.RemotePort}",
        var address => $"ipv4:{address}:{Http.Connection.RemotePort}",
    };

    protected override DateTime DeadlineCore => _deadline?.Time ?? DateTime.MaxValue;

    protected override CancellationToken CancellationTokenCore => _deadline?.CancellationToken ?? Http.RequestAborted;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore =>
        _authContext ??= Http.Connection.ClientCertificate is { } certificate ? PeerIdentity.Of(certificate) : Anonymous;

    /// <summary>Carries the call itself, so that a context that wraps this one still leads here.</summary>
    protected override IDictionary<object, object> UserStateCore => _userState ??= new Dictionary<object, object> { [CallKey] = this };

    /// <summary>The call behind a context, also when an interceptor has wrapped it.</summary>
    public static ServerCall Of(ServerCallContext context) => context as ServerCall
        ?? (context.UserState.TryGetValue(CallKey, out var call) ? (ServerCall)call : null)
        ?? throw new InvalidOperationException($"{context.GetType()} neither is the server's call context nor shares its UserState.");

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        new PropagationToken(this, options ?? ContextPropagationOptions.Default);

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in Http.Request.Headers)
        {
            foreach (var value in values)
            {
                MetadataHeaders.AddReceived(metadata, name, value ?? "");
            }
        }

        return metadata;
    }

    private sealed class PropagationToken(ServerCall call, ContextPropagationOptions options) : ContextPropagationToken
    {
        internal override DateTime Deadline => options.IsPropagateDeadline ? call.Deadline : DateTime.MaxValue;

        internal override CancellationToken CancellationToken => options.IsPropagateCancellation ? call.CancellationToken : CancellationToken.None;
    }
}
