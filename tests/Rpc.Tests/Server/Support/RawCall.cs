using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using BuildFarm.TestKit.Rpc;
using Google.Protobuf;
using Grpc.Core;

namespace BuildFarm.Rpc.Tests.Server.Support;

/// <summary>A gRPC request made by hand, so that it can be wrong in every way.</summary>
internal sealed class RawCall
{
    public HttpMethod Verb { get; init; } = HttpMethod.Post;

    public Version Version { get; init; } = HttpVersion.Version20;

    public string? ContentType { get; init; } = "application/grpc";

    public Dictionary<string, string> Headers { get; init; } = [];

    public byte[] Body { get; init; } = Frame([]);

    /// <summary>Bytes that never end, after <see cref="Body"/>, until the server has enough.</summary>
    public bool Endless { get; init; }

    public static byte[] Frame(byte[] payload, byte flag = 0)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public async Task<RawResponse> SendAsync(RpcTestServer server, string path)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(Verb, server.Address + path) { Version = Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (Verb == HttpMethod.Post)
        {
            request.Content = Endless ? new EndlessContent(Body) : new ByteArrayContent(Body);
            request.Content.Headers.ContentType = ContentType is null ? null : MediaTypeHeaderValue.Parse(ContentType);
        }

        request.Headers.TE.ParseAdd("trailers");
        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var guard = new CancellationTokenSource(TestServers.Guard);
        using var response = await client.SendAsync(request, guard.Token);
        var body = await response.Content.ReadAsByteArrayAsync(guard.Token);
        return new RawResponse((int)response.StatusCode, Flatten(response.Headers), body, Flatten(response.TrailingHeaders));
    }

    private static Dictionary<string, string> Flatten(HttpResponseHeaders headers) =>
        headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(',', header.Value), StringComparer.Ordinal);

    private sealed class EndlessContent(byte[] start) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(start);
            await stream.FlushAsync();
            while (true)
            {
                await stream.WriteAsync(new byte[16 * 1024]);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
