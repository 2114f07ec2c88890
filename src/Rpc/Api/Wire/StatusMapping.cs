using System.Globalization;
using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>The gRPC status of an answer that carries none of its own (grpc's http-grpc-status-mapping.md and PROTOCOL-HTTP2.md).</summary>
public static class StatusMapping
{
    /// <summary>The status of a response without gRPC trailers, from its HTTP status code.</summary>
    public static StatusCode FromHttpStatus(int httpStatus) => httpStatus switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The status of a stream that was reset, from the HTTP/2 error code of the RST_STREAM frame.</summary>
    public static StatusCode FromHttp2Error(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };

    /// <summary>The name of an HTTP/2 error code (RFC 9113, section 7), for messages.</summary>
    public static string Http2ErrorName(long errorCode) => errorCode switch
    {
        0x0 => "NO_ERROR",
        0x1 => "PROTOCOL_ERROR",
        0x2 => "INTERNAL_ERROR",
        0x3 => "FLOW_CONTROL_ERROR",
        0x4 => "SETTINGS_TIMEOUT",
        0x5 => "STREAM_CLOSED",
        0x6 => "FRAME_SIZE_ERROR",
        0x7 => "REFUSED_STREAM",
        0x8 => "CANCEL",
        0x9 => "COMPRESSION_ERROR",
        0xa => "CONNECT_ERROR",
        0xb => "ENHANCE_YOUR_CALM",
        0xc => "INADEQUATE_SECURITY",
        0xd => "HTTP_1_1_REQUIRED",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{errorCode:x}"),
    };

    /// <summary>Reads <c>grpc-status</c>; a number that no status code has becomes UNKNOWN, as the protocol asks. False when it is no number.</summary>
    public static bool TryParseStatus(ReadOnlySpan<char> value, out StatusCode code)
    {
        code = StatusCode.Unknown;
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        code = number is >= (int)StatusCode.OK and <= (int)StatusCode.Unauthenticated ? (StatusCode)number : StatusCode.Unknown;
        return true;
    }
}
