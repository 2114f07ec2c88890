using System.Buffers;
using BuildFarm.BlobStore;
using BuildFarm.Digests;
using Microsoft.AspNetCore.Http;

namespace BuildFarm.Cache.Http;

/// <summary>Blobs over HTTP, named by their hash alone: the size is the file's, or the body's that comes.</summary>
internal sealed class HttpBlobs(IOwnedBlobStore blobs)
{
    private const int ChunkBytes = 256 * 1024;

    /// <param name="http">GET, HEAD or PUT.</param>
    /// <param name="instance">Checked already; blobs are the same in every instance.</param>
    /// <param name="named">Its hash.</param>
    public Task AnswerAsync(HttpContext http, string instance, Digest named) => http.Request.Method switch
    {
        "GET" or "HEAD" => GetAsync(http, named),
        "PUT" => PutAsync(http, named),
        _ => HttpAnswers.RefuseMethodAsync(http, "GET, HEAD, PUT"),
    };

    private async Task GetAsync(HttpContext http, Digest named)
    {
        if (blobs.FindByHash(named) is not { } digest || await blobs.OpenAsync(digest, http.RequestAborted) is not { } blob)
        {
            await HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, $"There is no blob {named.HashHex}.");
            return;
        }

        await HttpAnswers.SendAsync(http, blob);
    }

    private async Task PutAsync(HttpContext http, Digest named)
    {
        var digest = Digest.Parse(named.HashHex, HttpAnswers.LengthOf(http));
        await using var writer = await blobs.CreateAsync(digest, http.RequestAborted);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                await writer.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                CacheMetrics.BytesWritten.Add(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await writer.CommitAsync(http.RequestAborted);
        await HttpAnswers.DoneAsync(http);
    }
}
