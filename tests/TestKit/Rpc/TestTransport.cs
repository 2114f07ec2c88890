namespace BuildFarm.TestKit.Rpc;

/// <summary>Where a test's server listens.</summary>
public enum TestTransport
{
    /// <summary>HTTP/2 without TLS on a free port of 127.0.0.1.</summary>
    Tcp,

    /// <summary>HTTP/2 without TLS on a unix socket.</summary>
    UnixSocket,

    /// <summary>TLS on a free port of 127.0.0.1, where ALPN picks the protocol.</summary>
    Tls,

    /// <summary>HTTP/1.1 on a free port of 127.0.0.1, for what must be refused or is no gRPC.</summary>
    Http1,
}
