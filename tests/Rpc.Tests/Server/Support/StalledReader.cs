using System.Net;
using BuildFarm.TestKit.Rpc;

namespace BuildFarm.Rpc.Tests.Server.Support;

/// <summary>A client with a small window that asks for a stream of responses and reads nothing until a test does.</summary>
internal static class StalledReader
{
    private const int Window = 64 * 1024;

    public static HttpMessageInvoker Client() => new(new SocketsHttpHandler { InitialHttp2StreamWindowSize = Window });

    /// <summary>Sends a request and reads the response's headers, and nothing more.</summary>
    public static Task<HttpResponseMessage> OpenAsync(HttpMessageInvoker client, RpcTestServer server)
    {
        var content = new ByteArrayContent(RawCall.Frame([]));
        content.Headers.ContentType = new("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, server.Address + TestServers.Output)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        return client.SendAsync(request, CancellationToken.None);
    }
}
