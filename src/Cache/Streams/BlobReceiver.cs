using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Cache.Resources;
using Grpc.Core;

namespace BuildFarm.Cache.Streams;

/// <summary>Takes uploads. What a broken connection leaves can be resumed under the same resource name for a while.</summary>
internal sealed class BlobReceiver(IBlobStore blobs, InterruptedUploads uploads, UploadsInFlight inFlight)
{
    /// <summary>Bytes that an upload has brought so far.</summary>
    public long CommittedSize(UploadResource upload) => uploads.CommittedSize(upload);

    /// <summary>
    /// Takes messages, the current one first, until the blob is complete, and returns how many bytes came, compressed as they
    /// were; when the blob is there already, at once its size, or -1 for a compressed one (rule 12).
    /// </summary>
    public async Task<long> ReceiveAsync(UploadResource upload, IAsyncStreamReader<WriteChunk> requests, CancellationToken cancellationToken)
    {
        var name = requests.Current.ResourceName;
        if (await blobs.ContainsAsync(upload.Digest, cancellationToken))
        {
            requests.Current.Dispose();
            return upload.IsCompressed ? -1 : upload.Digest.SizeBytes;
        }

        using var flight = await inFlight.EnterAsync(upload, () => uploads.CommittedSize(upload), cancellationToken);
        if (flight.HasWaited && await blobs.ContainsAsync(upload.Digest, cancellationToken))
        {
            requests.Current.Dispose();
            return upload.IsCompressed ? -1 : upload.Digest.SizeBytes;
        }

        await using var held = await uploads.HoldAsync(upload, blobs, cancellationToken);
        try
        {
            do
            {
                using var chunk = requests.Current;
                CheckName(chunk, name);
                await AppendAsync(held.Writer, chunk, held.Cancelled);
                if (chunk.FinishWrite)
                {
                    await held.Writer.CommitAsync(held.Cancelled);
                    held.Forget();
                    return held.Writer.Written;
                }
            }
            while (await requests.MoveNext(held.Cancelled));

            // The client closed without finishing: what came stays for the next call.
            return held.Writer.Written;
        }
        catch (Exception e) when (e is BlobStoreException or InvalidDataException)
        {
            held.Forget();
            throw;
        }
    }

    private static void CheckName(WriteChunk chunk, string name)
    {
        if (chunk.ResourceName.Length > 0 && !string.Equals(chunk.ResourceName, name, StringComparison.Ordinal))
        {
            throw RequestChecks.Invalid($"One write has one resource; {name} became {chunk.ResourceName}.");
        }
    }

    // A client that repeats bytes it has sent already does no harm: the hash is of what was taken first.
    private static async ValueTask AppendAsync(BlobWriter writer, WriteChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.WriteOffset > writer.Written || chunk.WriteOffset < 0)
        {
            throw RequestChecks.Invalid($"write_offset is {chunk.WriteOffset}, but {writer.Written} bytes have been taken; go on from there.");
        }

        var known = (int)Math.Min(writer.Written - chunk.WriteOffset, chunk.Data.Length);
        if (known < chunk.Data.Length)
        {
            await writer.WriteAsync(chunk.Data[known..], cancellationToken);
            CacheMetrics.BytesWritten.Add(chunk.Data.Length - known);
        }
    }
}
