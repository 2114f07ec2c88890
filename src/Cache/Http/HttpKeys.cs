using System.Buffers;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Keys;
using BuildFarm.Cache.Results;
using Microsoft.AspNetCore.Http;

namespace BuildFarm.Cache.Http;

/// <summary>Keys that clients make up, each with its bytes. Who may assert results may write and forget them.</summary>
internal sealed class HttpKeys(DiskKeyStore keys, IOwnedBlobStore blobs, CacheOptions options)
{
    private const int LongestKeyspace = 64;
    private const int LongestKey = 1024;

    private static readonly SearchValues<char> KeyspaceCharacters =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");

    public Task AnswerAsync(HttpContext http)
    {
        var (keyspace, key) = ((string)http.Request.RouteValues["keyspace"]!, (string?)http.Request.RouteValues["key"] ?? "");
        Check(keyspace, key);
        return http.Request.Method switch
        {
            "GET" or "HEAD" => GetAsync(http, keyspace, key),
            "PUT" => PutAsync(http, keyspace, key),
            _ => DeleteAsync(http, keyspace, key),
        };
    }

    private static void Check(string keyspace, string key)
    {
        if (keyspace.Length > LongestKeyspace || keyspace.AsSpan().ContainsAnyExcept(KeyspaceCharacters))
        {
            throw RequestChecks.Invalid($"A keyspace has at most {LongestKeyspace} letters, digits, '-', '_' and '.'.");
        }

        if (key.Length is 0 or > LongestKey || key.Any(char.IsControl))
        {
            throw RequestChecks.Invalid($"A key has 1 to {LongestKey} characters, none of them a control character; write /kv/{{keyspace}}/{{key}}.");
        }
    }

    private async Task GetAsync(HttpContext http, string keyspace, string key)
    {
        if (await keys.FindAsync(keyspace, key, http.RequestAborted) is not { } digest
            || await blobs.OpenAsync(digest, http.RequestAborted) is not { } blob)
        {
            CacheMetrics.KeyMisses.Add(1);
            await HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, "There is nothing under this key.");
            return;
        }

        CacheMetrics.KeyHits.Add(1);
        await HttpAnswers.SendAsync(http, blob);
    }

    private async Task PutAsync(HttpContext http, string keyspace, string key)
    {
        AssertedResults.CheckAllowed(options);
        var length = HttpAnswers.LengthOf(http);
        var digest = await blobs.AddAsync(http.Request.Body, length, http.RequestAborted);
        CacheMetrics.BytesWritten.Add(length);
        await keys.PutAsync(keyspace, key, digest, $"{http.Connection.RemoteIpAddress}", http.RequestAborted);
        await HttpAnswers.DoneAsync(http);
    }

    private async Task DeleteAsync(HttpContext http, string keyspace, string key)
    {
        AssertedResults.CheckAllowed(options);
        await keys.RemoveAsync(keyspace, key);
        await HttpAnswers.DoneAsync(http);
    }
}
