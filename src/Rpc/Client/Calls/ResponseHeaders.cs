using System.Globalization;
using System.Net.Http.Headers;
using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Reads gRPC's meaning out of HTTP response headers and trailers.</summary>
internal static class ResponseHeaders
{
    public static string? Get(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && values.Count > 0 ? values.ToString() : null;

    public static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
            {
                MetadataHeaders.AddReceived(metadata, name, value);
            }
        }

        return metadata;
    }

    /// <summary>The status in <paramref name="headers"/>, or null when there is none.</summary>
    public static Status? ReadStatus(HttpResponseHeaders headers)
    {
        if (Get(headers, ProtocolNames.StatusTrailer) is not { } text)
        {
            return null;
        }

        if (!StatusMapping.TryParseStatus(text, out var code))
        {
            return new Status(StatusCode.Unknown, $"the server sent the invalid grpc-status '{text}'");
        }

        var message = Get(headers, ProtocolNames.MessageTrailer);
        return code == StatusCode.OK && string.IsNullOrEmpty(message)
            ? Status.DefaultSuccess
            : new Status(code, message is null ? "" : PercentEncoding.Decode(message));
    }

    /// <summary>The status of a response that is not gRPC's at all, or null for one that is.</summary>
    public static Status? ReadHttpFailure(HttpResponseMessage response)
    {
        var http = (int)response.StatusCode;
        if (http != 200)
        {
            return new Status(StatusMapping.FromHttpStatus(http), string.Create(CultureInfo.InvariantCulture, $"the server answered HTTP {http} without a grpc-status"));
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;
        return ProtocolNames.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Unknown, $"the server answered with the content type '{contentType}' instead of {ProtocolNames.ContentType}");
    }
}
