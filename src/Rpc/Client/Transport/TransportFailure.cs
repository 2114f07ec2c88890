using System.Net.Sockets;
using System.Security.Authentication;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Client.Retries;

namespace Grpc.Net.Client.Transport;

/// <summary>Turns what the HTTP stack throws into the status of the call.</summary>
internal static class TransportFailure
{
    private const long RefusedStream = 0x7;

    /// <summary>The failure that <paramref name="exception"/> means for a call to <paramref name="address"/>.</summary>
    public static AttemptFailure From(Exception exception, ChannelAddress address)
    {
        switch (exception)
        {
            case RpcException rpc:
                return new AttemptFailure(rpc.Status);
            case OperationCanceledException { InnerException: TimeoutException }:
                return new AttemptFailure(Unreachable(address, "no connection within the time limit", exception), NeverConnected: true);
            case OperationCanceledException:
                return new AttemptFailure(new Status(StatusCode.Cancelled, "call cancelled", exception));
        }

        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpProtocolException reset)
            {
                if (IsPingTimeout(reset))
                {
                    return new AttemptFailure(new Status(StatusCode.Unavailable, $"connection to {address} lost: no answer to a keep-alive ping", exception));
                }

                if (IsGoAway(reset))
                {
                    return new AttemptFailure(
                        new Status(StatusCode.Unavailable, $"connection closed by {address} with {StatusMapping.Http2ErrorName(reset.ErrorCode)}", exception));
                }

                var reason = $"stream reset by {address} with {StatusMapping.Http2ErrorName(reset.ErrorCode)}";
                return new AttemptFailure(
                    new Status(StatusMapping.FromHttp2Error(reset.ErrorCode), reason, exception),
                    NeverProcessed: reset.ErrorCode == RefusedStream);
            }
        }

        if (exception is HttpRequestException request)
        {
            switch (request.HttpRequestError)
            {
                case HttpRequestError.NameResolutionError:
                    return new AttemptFailure(Unreachable(address, "host name not found", exception), NeverConnected: true);
                case HttpRequestError.ConnectionError:
                    return new AttemptFailure(Unreachable(address, ConnectReason(exception), exception), NeverConnected: true);
                case HttpRequestError.SecureConnectionError:
                    return new AttemptFailure(Unreachable(address, $"TLS handshake failed: {Innermost<AuthenticationException>(exception)}", exception), NeverConnected: true);
                case HttpRequestError.VersionNegotiationError:
                    return new AttemptFailure(Unreachable(address, "the server does not speak HTTP/2", exception));
            }
        }

        return exception is HttpRequestException or IOException or SocketException or ObjectDisposedException
            ? new AttemptFailure(new Status(StatusCode.Unavailable, $"connection to {address} lost: {Innermost<Exception>(exception)}", exception))
            : new AttemptFailure(new Status(StatusCode.Internal, $"call to {address} failed: {exception.Message}", exception));
    }

    /// <summary>The stack reports its own keep-alive timeout like a PROTOCOL_ERROR of the server's; only the text (or its key, where texts are trimmed) tells them apart.</summary>
    private static bool IsPingTimeout(HttpProtocolException exception) =>
        exception.Message.Contains("KeepAlivePing", StringComparison.Ordinal) || exception.Message.Contains("net_ping_request_timed_out", StringComparison.Ordinal);

    /// <summary>A GOAWAY looks like an RST_STREAM but for its text, too.</summary>
    private static bool IsGoAway(HttpProtocolException exception) =>
        exception.Message.Contains("closed the connection", StringComparison.Ordinal) || exception.Message.Contains("net_http_http2_connection_close", StringComparison.Ordinal);

    private static Status Unreachable(ChannelAddress address, string reason, Exception exception) =>
        new(StatusCode.Unavailable, $"cannot reach {address} : {reason}", exception);

    private static string ConnectReason(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException socket)
            {
                return socket.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => "connection refused",
                    SocketError.TimedOut => "connection timed out",
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "host name not found",
                    SocketError.HostUnreachable => "no route to the host",
                    SocketError.NetworkUnreachable => "network unreachable",
                    SocketError.AddressNotAvailable => "no such socket",
                    _ => socket.Message,
                };
            }
        }

        return Innermost<Exception>(exception);
    }

    private static string Innermost<T>(Exception exception)
        where T : Exception
    {
        var message = exception.Message;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is T)
            {
                message = e.Message;
            }
        }

        return message;
    }
}
