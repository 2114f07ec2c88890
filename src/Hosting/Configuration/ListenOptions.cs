using System.Net;

namespace BuildFarm.Hosting.Configuration;

/// <summary>Where a service listens. Loopback unless told otherwise: until there is authentication, reach is trust.</summary>
public sealed class ListenOptions : ICheckedOptions
{
    /// <summary>Address and port of gRPC (HTTP/2 without TLS), as <c>ip:port</c>; port 0 takes a free one.</summary>
    public string Grpc { get; set; } = "127.0.0.1:8980";

    /// <summary>Address and port of plain HTTP (the cache, health and pages), as <c>ip:port</c>; empty turns it off.</summary>
    public string Http { get; set; } = "127.0.0.1:8981";

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (!IPEndPoint.TryParse(Grpc, out _))
        {
            yield return $"{nameof(Grpc)}: '{Grpc}' is not ip:port";
        }

        if (Http.Length > 0 && !IPEndPoint.TryParse(Http, out _))
        {
            yield return $"{nameof(Http)}: '{Http}' is not ip:port";
        }
    }
}
