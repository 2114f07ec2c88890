using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Kestrel as gRPC wants it.</summary>
public static class GrpcKestrelExtensions
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    /// <summary>
    /// Sets the limits of a server of gRPC: none for slow or quiet streams, windows for bulk data, many streams a connection, and pings
    /// that find dead peers. What a connection can make the server hold is bounded by the connection window and the response buffer.
    /// </summary>
    public static void ConfigureGrpcKestrel(this KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddServerHeader = false;
        var limits = options.Limits;
        limits.MinResponseDataRate = null;
        limits.MinRequestBodyDataRate = null;
        limits.MaxRequestBodySize = null;
        limits.MaxResponseBufferSize = 256 * KiB;
        limits.Http2.MaxStreamsPerConnection = 10_000;
        limits.Http2.InitialStreamWindowSize = 2 * MiB;
        limits.Http2.InitialConnectionWindowSize = 8 * MiB;
        limits.Http2.MaxFrameSize = 256 * KiB;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
