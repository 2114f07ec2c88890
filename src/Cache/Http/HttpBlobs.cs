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
        if (await blobs.FindByHashAsync(named, http.RequestAborted) is not { } digest || await blobs.OpenAsync(digest, http.RequestAborted) is not { } blob)
        {
            await HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, $"There is no blob {named.HashHex}.");
            return;
        }

        await HttpAnswers.SendAsync(http, blob);
    }

    private async Task PutAsync(HttpContext http, Digest named)
    {
        var digest = Digest.Parse(named.HashHex, HttpAnswers.LengthOf(http), named.Function);
        await using var writer = await blobs.CreateAsync(digest, http.RequestAborted);
        await CopyAsync(http.Request.Body, writer, http.RequestAborted);
        await writer.CommitAsync(http.RequestAborted);
        await HttpAnswers.DoneAsync(http);
    }

    // In whole buffers, for a body comes in pieces of a few KiB and each write has a price, over a network most of all; and one fills while
    // the other is written.
    private static async Task CopyAsync(Stream body, BlobWriter writer, CancellationToken cancellationToken)
    {
        var (filling, full) = (ArrayPool<byte>.Shared.Rent(ChunkBytes), ArrayPool<byte>.Shared.Rent(ChunkBytes));
        var writing = Task.CompletedTask;
        try
        {
            int read;
            while ((read = await body.ReadAtLeastAsync(filling.AsMemory(0, ChunkBytes), ChunkBytes, throwOnEndOfStream: false, cancellationToken)) > 0)
            {
                await writing;
                (filling, full) = (full, filling);
                writing = writer.WriteAsync(full.AsMemory(0, read), cancellationToken).AsTask();
                CacheMetrics.BytesWritten.Add(read);
            }

            await writing;
        }
        finally
        {
            // Its buffer is not ours before it has ended, however that went.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(full);
        }
    }
}
