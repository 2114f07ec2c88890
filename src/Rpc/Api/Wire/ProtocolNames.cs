namespace BuildFarm.Rpc.Wire;

/// <summary>Header names and fixed header values of gRPC over HTTP/2 (grpc's PROTOCOL-HTTP2.md). All names are lower-case, as HTTP/2 wants them.</summary>
public static class ProtocolNames
{
    /// <summary>The media type that every request and response carries; a suffix such as <c>+proto</c> may follow.</summary>
    public const string ContentType = "application/grpc";

    /// <summary>Trailer with the decimal status code.</summary>
    public const string StatusTrailer = "grpc-status";

    /// <summary>Trailer with the percent-encoded status message.</summary>
    public const string MessageTrailer = "grpc-message";

    /// <summary>Trailer with a serialised <c>google.rpc.Status</c>.</summary>
    public const string StatusDetailsTrailer = "grpc-status-details-bin";

    /// <summary>Request header with the time left until the deadline.</summary>
    public const string TimeoutHeader = "grpc-timeout";

    /// <summary>Header that names the encoding of compressed messages in this direction.</summary>
    public const string MessageEncodingHeader = "grpc-encoding";

    /// <summary>Header that lists the encodings the sender can read.</summary>
    public const string MessageAcceptEncodingHeader = "grpc-accept-encoding";

    /// <summary>Request header with the number of earlier attempts of this call (gRFC A6).</summary>
    public const string PreviousAttemptsHeader = "grpc-previous-rpc-attempts";

    /// <summary>Trailer with which a server delays or forbids a retry, in milliseconds (gRFC A6).</summary>
    public const string RetryPushbackHeader = "grpc-retry-pushback-ms";

    /// <summary>The encoding of messages that are not compressed.</summary>
    public const string IdentityEncoding = "identity";

    /// <summary>Suffix of metadata keys whose values are bytes.</summary>
    public const string BinarySuffix = "-bin";

    /// <summary>The largest message accepted when nothing else is configured: 4 MiB.</summary>
    public const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Whether <paramref name="contentType"/> is gRPC's, with or without a message format suffix or parameters.</summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';';
    }
}
