using System.Collections.Concurrent;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.S3;

/// <summary>
/// Blobs as objects of a bucket, named by their hash. What is written is verified here, and by the server through a checksum;
/// what is read is compared with its digest, and an object that does not match is deleted.
/// </summary>
public sealed partial class S3BlobStore(S3Bucket bucket, TimeProvider time, ILogger<S3BlobStore> logger) : IBlobStore, IHashIndex
{
    // A larger object cannot be copied by one request.
    private const long LargestCopy = 5L << 30;

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The bucket does not answer, or refuses.</exception>
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            return MemoryBlobReader.Empty;
        }

        try
        {
            var request = S3BlobReader.RequestOf(digest, bucket, from: 0);
            var response = await bucket.SendAsync($"read blob {digest}", (s3, token) => s3.GetObjectAsync(request, token), cancellationToken);
            if (S3BlobReader.TotalLength(response) == digest.SizeBytes)
            {
                var reader = new S3BlobReader(digest, bucket, time, response);
                return new DroppingBlobReader(new VerifyingBlobReader(reader, digest, bucket.Where), () => DropAsync(digest));
            }

            response.Dispose();
            return null;
        }
        catch (AmazonS3Exception e) when (S3Failure.IsNotFound(e))
        {
            return null;
        }
    }

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<BlobWriter>(digest.IsEmptyBlob ? new PresentBlobWriter(digest) : new S3BlobWriter(digest, bucket, time));
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The bucket does not answer, or refuses.</exception>
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var missing = new ConcurrentDictionary<Digest, bool>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = bucket.Options.MaxConcurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(digests.Where(digest => !digest.IsEmptyBlob).Distinct(), options, async (digest, token) =>
        {
            if (await HeadAsync(digest, token) is not { } found || found.ContentLength != digest.SizeBytes)
            {
                missing[digest] = true;
            }
            else if (MustTouch(found))
            {
                await TouchAsync(digest, token);
            }
        });
        return [.. digests.Where(missing.ContainsKey)];
    }

    /// <inheritdoc />
    public async ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken) =>
        await HeadAsync(named, cancellationToken) is { } found ? named.WithSize(found.ContentLength) : null;

    private async Task<GetObjectMetadataResponse?> HeadAsync(Digest digest, CancellationToken cancellationToken)
    {
        await bucket.Turns.WaitAsync(cancellationToken);
        try
        {
            var request = new GetObjectMetadataRequest { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest) };
            return await bucket.SendAsync($"look for blob {digest}", (s3, token) => s3.GetObjectMetadataAsync(request, token), cancellationToken);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsNotFound(e))
        {
            return null;
        }
        finally
        {
            bucket.Turns.Release();
        }
    }

    private bool MustTouch(GetObjectMetadataResponse found) =>
        bucket.Options.TouchAfter is { } age && found.ContentLength <= LargestCopy
        && found.LastModified is { } modified && time.GetUtcNow().UtcDateTime - modified.ToUniversalTime() >= age;

    // A blob whose life could not be prolonged is there nevertheless.
    private async Task TouchAsync(Digest digest, CancellationToken cancellationToken)
    {
        var key = bucket.KeyOf(digest);
        var request = new CopyObjectRequest
        {
            SourceBucket = bucket.Options.Bucket,
            SourceKey = key,
            DestinationBucket = bucket.Options.Bucket,
            DestinationKey = key,
            MetadataDirective = S3MetadataDirective.REPLACE,
        };
        try
        {
            await bucket.SendAsync($"renew blob {digest}", (s3, token) => s3.CopyObjectAsync(request, token), cancellationToken);
        }
        catch (Exception e) when (e is BlobStoreException or AmazonS3Exception { StatusCode: HttpStatusCode.NotFound })
        {
            LogNotTouched(digest, e.Message);
        }
    }

    private async ValueTask DropAsync(Digest digest)
    {
        LogCorrupt(digest, bucket.Where);
        try
        {
            var request = new DeleteObjectRequest { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest) };
            await bucket.SendAsync($"delete blob {digest}", (s3, token) => s3.DeleteObjectAsync(request, token), CancellationToken.None);
        }
        catch (Exception e) when (e is BlobStoreException or AmazonS3Exception)
        {
            LogNotDropped(digest, e.Message);
        }
    }

    [LoggerMessage(EventId = 241, Level = LogLevel.Error, Message = "blob {Digest} in {Where} does not match its digest and is deleted; find out who changes objects there")]
    private partial void LogCorrupt(Digest digest, string where);

    [LoggerMessage(EventId = 242, Level = LogLevel.Warning, Message = "blob {Digest} does not match its digest and could not be deleted: {Problem}")]
    private partial void LogNotDropped(Digest digest, string problem);

    [LoggerMessage(EventId = 243, Level = LogLevel.Warning, Message = "the life of blob {Digest} was not prolonged: {Problem}")]
    private partial void LogNotTouched(Digest digest, string problem);
}
