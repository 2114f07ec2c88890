using System.Globalization;
using Grpc.Core;

namespace BuildFarm.Rpc.Tests.Server.Support;

/// <summary>What came back for a <see cref="RawCall"/>.</summary>
internal sealed record RawResponse(int HttpStatus, Dictionary<string, string> Headers, byte[] Body, Dictionary<string, string> Trailers)
{
    /// <summary>Whether the status came in the header frame.</summary>
    public bool IsTrailersOnly => Headers.ContainsKey("grpc-status");

    public StatusCode Status => (StatusCode)int.Parse((IsTrailersOnly ? Headers : Trailers)["grpc-status"], CultureInfo.InvariantCulture);

    public string Message => (IsTrailersOnly ? Headers : Trailers).GetValueOrDefault("grpc-message", "");
}
