using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Compression;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> connects and calls. Read once when the channel is made; later changes have no effect.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>The transport to use instead of the channel's own. Connection settings below then do not apply. Not disposed with the channel unless <see cref="DisposeHttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing the channel disposes <see cref="HttpHandler"/> too.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>TLS settings for https addresses: own roots (a chain policy or validation callback), client certificates. Null: the machine's trust.</summary>
    public SslClientAuthenticationOptions? SslOptions { get; set; }

    /// <summary>Credentials of the channel. They must fit the address: <see cref="ChannelCredentials.Insecure"/> for http and unix, TLS for https. Null: what the address says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The largest message sent, in bytes before compression; null for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message received, in bytes after decompression; null for no limit. 4 MiB by default, gRPC's own default.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Encodings for messages besides identity. Null: gzip.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Policies by method, and retry throttling. Null: no retries but transparent ones.</summary>
    public ServiceConfig? ServiceConfig { get; set; }

    /// <summary>A ceiling on <see cref="RetryPolicy.MaxAttempts"/>; null for none. 5 by default.</summary>
    public int? MaxRetryAttempts { get; set; } = 5;

    /// <summary>Bytes that all calls of the channel together may hold for retries; null for no limit. 16 MiB by default.</summary>
    public long? MaxRetryBufferSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>Bytes that one call may hold for retries; a call that outgrows this is sent on without the possibility of a retry. 1 MiB by default.</summary>
    public long? MaxRetryBufferPerCallSize { get; set; } = 1024 * 1024;

    /// <summary>The wait before the second attempt to connect, for calls that wait for the server. 1 s by default.</summary>
    public TimeSpan InitialReconnectBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts to connect; null for no limit. 120 s by default.</summary>
    public TimeSpan? MaxReconnectBackoff { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest one attempt to connect may take. 20 s by default.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Silence on a connection with calls under way after which the peer is pinged. Off by default, because servers on gRPC's C core close connections that ping more often than every five minutes.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long an answer to a ping may take before the connection is given up and its calls end as UNAVAILABLE. 20 s by default.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The flow-control window of a stream in bytes at its start: how much a server may send that nobody has read yet. It grows with the connection's delay. 1 MiB by default.</summary>
    public int InitialStreamWindowSize { get; set; } = 1024 * 1024;

    /// <summary>Whether call credentials may travel over http without TLS. Off by default: such calls fail as UNAUTHENTICATED instead of leaking the credentials.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Whether a cancelled call throws <see cref="OperationCanceledException"/> instead of <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>The clock of deadlines, back-offs and measurements.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The randomness of back-offs: numbers from 0 up to but without 1. Called from several threads.</summary>
    public Func<double> Randomness { get; set; } = Random.Shared.NextDouble;
}
