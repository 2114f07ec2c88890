using System.Net;
using System.Net.Http.Headers;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cache.Tests.Http;

public sealed class HttpKeyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(3_000_000)]
    public async Task Put_ThenGet_GivesTheBytes(int length)
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var content = TestContent.Of(length, seed: 1);
        await server.Http.GetAsync("/kv/ccache/ab/cdef", Token).IsAsync(HttpStatusCode.NotFound, "nothing under this key");

        await server.PutAsync("/kv/ccache/ab/cdef", content).IsAsync(HttpStatusCode.NoContent);

        Assert.Equal(content, await server.GetBytesAsync("/kv/ccache/ab/cdef"));
        await server.Http.GetAsync("/kv/other/ab/cdef", Token).IsAsync(HttpStatusCode.NotFound);
        await server.Http.GetAsync("/kv/ccache/abcdef", Token).IsAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Put_Again_ReplacesAndDeleteForgets()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        await server.PutAsync("/kv/tool/key", "first"u8.ToArray()).IsAsync(HttpStatusCode.NoContent);
        await server.PutAsync("/kv/tool/key", "second"u8.ToArray()).IsAsync(HttpStatusCode.NoContent);
        Assert.Equal("second"u8.ToArray(), await server.GetBytesAsync("/kv/tool/key"));

        await server.Http.DeleteAsync("/kv/tool/key", Token).IsAsync(HttpStatusCode.NoContent);

        await server.Http.GetAsync("/kv/tool/key", Token).IsAsync(HttpStatusCode.NotFound);
        await server.Http.DeleteAsync("/kv/tool/key", Token).IsAsync(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Get_RangeAndHead_AreAnswered()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        await server.PutAsync("/kv/tool/key", "0123456789"u8.ToArray()).IsAsync(HttpStatusCode.NoContent);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/kv/tool/key") { Headers = { Range = new RangeHeaderValue(2, 4) } };
        using var part = await server.Http.SendAsync(request, Token);
        using var head = await server.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/kv/tool/key"), Token);

        Assert.Equal("234", await part.Content.ReadAsStringAsync(Token));
        Assert.Equal(10, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Keys_OutliveARestart_AndDamageIsAMiss()
    {
        using var folder = new TempFolder();
        await using (var server = await CacheServer.StartAsync(Writable, folder.File("cache")))
        {
            await server.PutAsync("/kv/tool/kept", "kept"u8.ToArray()).IsAsync(HttpStatusCode.NoContent);
            await server.PutAsync("/kv/tool/damaged", "damaged"u8.ToArray()).IsAsync(HttpStatusCode.NoContent);
        }

        foreach (var record in Directory.GetFiles(folder.File("cache/keys"), "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(record, Token);
            if (bytes.AsSpan().IndexOf("damaged"u8) is >= 0 and var at)
            {
                bytes[at] ^= 1;
                await File.WriteAllBytesAsync(record, bytes, Token);
            }
        }

        await using var again = await CacheServer.StartAsync(Writable, folder.File("cache"));
        Assert.Equal("kept"u8.ToArray(), await again.GetBytesAsync("/kv/tool/kept"));
        await again.Http.GetAsync("/kv/tool/damaged", Token).IsAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Write_WhereClientsMayNot_IsForbidden()
    {
        await using var server = await CacheServer.StartAsync();

        await server.PutAsync("/kv/tool/key", "x"u8.ToArray()).IsAsync(HttpStatusCode.Forbidden, "its operator can allow it");
        await server.Http.DeleteAsync("/kv/tool/key", Token).IsAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("/kv/a%20b/key", "A keyspace has")]
    [InlineData("/kv/tool/", "A key has")]
    [InlineData("/kv/tool/a%01b", "A key has")]
    public async Task Key_Malformed_IsRefused(string path, string line)
    {
        await using var server = await CacheServer.StartAsync(Writable);

        await server.PutAsync(path, "x"u8.ToArray()).IsAsync(HttpStatusCode.BadRequest, line);
    }

    [Fact]
    public async Task Put_WithoutItsLength_IsRefused()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/kv/tool/key") { Content = new ByteArrayContent("x"u8.ToArray()) };
        request.Headers.TransferEncodingChunked = true;

        await server.Http.SendAsync(request, Token).IsAsync(HttpStatusCode.BadRequest, "Content-Length");
    }

    private static void Writable(CacheOptions options) => options.AllowClientUpdates = true;
}
