using System.Collections.Concurrent;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Client.Calls;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Retries;
using Grpc.Net.Client.Transport;

namespace Grpc.Net.Client;

/// <summary>
/// A long-lived way to one server: http:// is HTTP/2 without TLS, https:// with it, unix:///path a socket of this machine. It connects when the first call needs it, shares connections
/// among all calls, and connects anew after a loss. Thread-safe; one a server is enough.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    /// <summary>A key in a call's headers that names the encoding of its requests, such as <c>gzip</c>. It is not sent as metadata.</summary>
    public const string RequestEncodingKey = "grpc-internal-encoding-request";

    internal const string UserAgent = "grpc-csharp-buildfarm/0.1";

    private readonly ConcurrentDictionary<string, MethodRoute> _routes = new(StringComparer.Ordinal);
    private readonly GrpcChannelOptions _options;
    private readonly bool _ownsHandler;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.IsAbsoluteUri && address.Scheme != "unix" ? address.Authority : address.ToString())
    {
        _options = options;
        Address = ChannelAddress.Parse(address);
        var credentials = new ChannelCredentialsReader();
        options.Credentials?.InternalPopulateConfiguration(credentials, this);
        if (credentials.IsTls is { } wantsTls && wantsTls != Address.IsTls)
        {
            throw new ArgumentException(
                wantsTls ? $"TLS credentials need an https address, not '{address}'." : $"Insecure credentials need an http or unix address, not '{address}'.",
                nameof(address));
        }

        _ownsHandler = options.HttpHandler is null || options.DisposeHttpClient;
        Transport = new HttpMessageInvoker(
            options.HttpHandler ?? TransportFactory.Create(Address, options.SslOptions ?? credentials.SslOptions, options),
            disposeHandler: _ownsHandler);
        CallCredentials = credentials.CallCredentials;
        Compression = options.CompressionProviders is { } providers ? new CompressionSet(providers) : CompressionSet.Default;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        MaxSendMessageSize = options.MaxSendMessageSize;
        TimeProvider = options.TimeProvider;
        AllowsInsecureCallCredentials = options.UnsafeUseInsecureChannelCallCredentials;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        RetryThrottle = options.ServiceConfig?.RetryThrottling is { } throttling ? new RetryThrottle(throttling) : null;
        RetryBudget = new RetryBudget(options.MaxRetryBufferPerCallSize, options.MaxRetryBufferSize);
        Reconnect = new Backoff(options.InitialReconnectBackoff, options.MaxReconnectBackoff ?? TimeSpan.MaxValue, 1.6, options.Randomness);
        foreach (var config in options.ServiceConfig?.MethodConfigs ?? [])
        {
            _ = config.RetryPolicy is { } policy ? new RetryRules(policy, options) : null;
        }
    }

    internal ChannelAddress Address { get; }

    internal HttpMessageInvoker Transport { get; }

    internal CallCredentials? CallCredentials { get; }

    internal CompressionSet Compression { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal int? MaxSendMessageSize { get; }

    internal TimeProvider TimeProvider { get; }

    internal bool AllowsInsecureCallCredentials { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    internal RetryThrottle? RetryThrottle { get; }

    internal RetryBudget RetryBudget { get; }

    internal Backoff Reconnect { get; }

    /// <summary>Makes a channel with the default options.</summary>
    /// <exception cref="ArgumentException">The address is not http, https or unix.</exception>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel.</summary>
    /// <exception cref="ArgumentException">The address is not http, https or unix, or the options do not fit it or each other.</exception>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address, UriKind.RelativeOrAbsolute), channelOptions);
    }

    /// <inheritdoc cref="ForAddress(string)"/>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <inheritdoc cref="ForAddress(string, GrpcChannelOptions)"/>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new ChannelCallInvoker(this);

    /// <summary>Closes the connections. Calls under way fail as UNAVAILABLE.</summary>
    public void Dispose() => Transport.Dispose();

    internal MethodRoute RouteOf(IMethod method) => _routes.TryGetValue(method.FullName, out var route)
        ? route
        : _routes.GetOrAdd(method.FullName, new MethodRoute(new Uri(Address.BaseUri, method.FullName), FindRules(method)));

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private RetryRules? FindRules(IMethod method)
    {
        MethodConfig? best = null;
        var bestRank = 0;
        foreach (var config in _options.ServiceConfig?.MethodConfigs ?? [])
        {
            foreach (var name in config.Names)
            {
                var rank = RankOf(name, method);
                if (rank > bestRank)
                {
                    (best, bestRank) = (config, rank);
                }
            }
        }

        return best?.RetryPolicy is { } policy ? new RetryRules(policy, _options) : null;
    }

    private static int RankOf(MethodName name, IMethod method) => (name.Service, name.Method) switch
    {
        (null or "", null or "") => 1,
        ({ } service, null or "") when service == method.ServiceName => 2,
        ({ } service, { } own) when service == method.ServiceName && own == method.Name => 3,
        _ => 0,
    };
}
