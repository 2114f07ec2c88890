using System.Net;
using Xunit;

namespace BuildFarm.Cache.Tests.Http;

/// <summary>Requests and answers of the HTTP cache.</summary>
internal static class HttpAnswer
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> PutAsync(this CacheServer server, string path, byte[] body) =>
        server.Http.PutAsync(path, new ByteArrayContent(body), Token);

    /// <summary>The body of a success.</summary>
    public static async Task<byte[]> GetBytesAsync(this CacheServer server, string path) => await server.Http.GetByteArrayAsync(path, Token);

    public static async Task IsAsync(this Task<HttpResponseMessage> answering, HttpStatusCode expected, string line = "")
    {
        using var answer = await answering;
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} {text}");
        Assert.Contains(line, text, StringComparison.Ordinal);
    }
}
