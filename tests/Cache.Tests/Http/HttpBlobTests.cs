using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Cache.Tests.Http;

public sealed class HttpBlobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("/an/instance")]
    public async Task Put_ThenGet_GivesTheBytes(string instance)
    {
        await using var server = await CacheServer.StartAsync();
        var content = TestContent.Of(700_000, seed: 1);
        var path = $"{instance}/cas/{Digest.OfBytes(content).HashHex}";
        await server.Http.GetAsync(path, Token).IsAsync(HttpStatusCode.NotFound, "There is no blob");

        await server.PutAsync(path, content).IsAsync(HttpStatusCode.NoContent);
        await server.PutAsync(path, content).IsAsync(HttpStatusCode.NoContent);

        Assert.Equal(content, await server.GetBytesAsync(path));
        using var head = await server.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), Token);
        Assert.Equal((HttpStatusCode.OK, content.Length), (head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Blobs_AreTheSameOverHttpAndOverGrpc()
    {
        await using var server = await CacheServer.StartAsync();
        var store = new RemoteBlobStore(server.Invoker);
        var (one, other) = (TestContent.Of(5000, seed: 2), TestContent.Of(6000, seed: 3));
        await server.PutAsync($"/cas/{Digest.OfBytes(one).HashHex}", one).IsAsync(HttpStatusCode.NoContent);
        var digest = await store.PutBytesAsync(other, Token);

        Assert.Equal(one, await store.ReadAllBytesAsync(Digest.OfBytes(one), cancellationToken: Token));
        Assert.Equal(other, await server.GetBytesAsync($"/cas/{digest.HashHex}"));
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("md5")]
    [InlineData("sha384")]
    [InlineData("sha512")]
    public async Task Blob_OfAnotherFunction_GoesByTheLengthOfItsHash(string function)
    {
        await using var server = await CacheServer.StartAsync();
        var content = TestContent.Of(5000, seed: 9);
        var digest = Digest.OfBytes(content, DigestFunction.Find(function)!);

        await server.PutAsync($"/cas/{digest.HashHex}", content).IsAsync(HttpStatusCode.NoContent);

        Assert.Equal(content, await server.GetBytesAsync($"/cas/{digest.HashHex}"));
        Assert.Equal(content, await new RemoteBlobStore(server.Invoker).ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Empty(await server.GetBytesAsync($"/cas/{digest.Function.EmptyBlob.HashHex}"));
        await server.Http.GetAsync($"/cas/{Digest.OfBytes(content).HashHex}", Token).IsAsync(HttpStatusCode.NotFound, "There is no blob");
        await server.PutAsync($"/cas/{digest.HashHex}", TestContent.Of(5000, seed: 10)).IsAsync(HttpStatusCode.NoContent);
        Assert.Equal(content, await server.GetBytesAsync($"/cas/{digest.HashHex}"));
    }

    /// <summary>Kestrel alone would refuse a body of more than 30 MB.</summary>
    [Fact]
    public async Task Put_LargeBlob_IsTaken()
    {
        await using var server = await CacheServer.StartAsync();
        var content = TestContent.Of(40_000_000, seed: 4);
        var path = $"/cas/{Digest.OfBytes(content).HashHex}";

        await server.PutAsync(path, content).IsAsync(HttpStatusCode.NoContent);

        var read = await server.GetBytesAsync(path);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Theory]
    [InlineData(0, 99, 206, 0, 100)]
    [InlineData(500_000, null, 206, 500_000, 200_000)]
    [InlineData(null, 10, 206, 699_990, 10)]
    [InlineData(700_000, null, 416, 0, 0)]
    public async Task Get_Range_GivesThatPart(int? from, int? to, int status, int start, int length)
    {
        await using var server = await CacheServer.StartAsync();
        var content = TestContent.Of(700_000, seed: 5);
        var path = $"/cas/{Digest.OfBytes(content).HashHex}";
        await server.PutAsync(path, content).IsAsync(HttpStatusCode.NoContent);

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Range = new RangeHeaderValue(from, to);
        using var answer = await server.Http.SendAsync(request, Token);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(content[start..(start + length)], await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task EmptyBlob_IsAlwaysThere()
    {
        await using var server = await CacheServer.StartAsync();

        Assert.Empty(await server.GetBytesAsync($"/cas/{Digest.Empty.HashHex}"));
        await server.PutAsync($"/cas/{Digest.Empty.HashHex}", []).IsAsync(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Put_WrongContent_IsRefusedAndNotStored()
    {
        await using var server = await CacheServer.StartAsync();
        var path = $"/cas/{Digest.OfBytes("what it says"u8).HashHex}";

        await server.PutAsync(path, "what it is!!"u8.ToArray()).IsAsync(HttpStatusCode.BadRequest, "hash");
        await server.PutAsync(path, []).IsAsync(HttpStatusCode.BadRequest, "hash");

        await server.Http.GetAsync(path, Token).IsAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Put_ThatBreaksOff_StoresNothing()
    {
        await using var server = await CacheServer.StartAsync();
        var content = TestContent.Of(1000, seed: 6);
        var path = $"/cas/{Digest.OfBytes(content).HashHex}";
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port, Token);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {path} HTTP/1.1\r\nHost: cache\r\nContent-Length: 1000\r\n\r\n"), Token);
            await stream.WriteAsync(content.AsMemory(0, 500), Token);
            socket.Client.Shutdown(SocketShutdown.Send);
            try
            {
                await stream.CopyToAsync(Stream.Null, Token);
            }
            catch (IOException)
            {
                // The server may end the connection without a word; that it has ended is what is waited for.
            }
        }

        await server.Http.GetAsync(path, Token).IsAsync(HttpStatusCode.NotFound);
        await server.PutAsync(path, content).IsAsync(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("GET", "/cas/abc", 400, "has 3 characters")]
    [InlineData("GET", "/cas/ZZZ70F2B64E6FBC1EEC1A3DD8B6C3D6B1D1F8E7C6B5A493827160FEDCBA98765", 400, "not lower-case hex")]
    [InlineData("GET", "/blobs/cas/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 400, "no instance name")]
    [InlineData("GET", "/a//cas/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 400, "no instance name")]
    [InlineData("DELETE", "/cas/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 405, "evicted")]
    [InlineData("GET", "/", 404, "There is nothing here")]
    [InlineData("GET", "/cas/../../etc/passwd", 404, "There is nothing here")]
    [InlineData("GET", "/cas/%2e%2e%2fpasswd", 400, "characters")]
    public async Task Request_Malformed_IsOneClearLine(string method, string path, int status, string line)
    {
        await using var server = await CacheServer.StartAsync();

        await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Token).IsAsync((HttpStatusCode)status, line);
    }
}
