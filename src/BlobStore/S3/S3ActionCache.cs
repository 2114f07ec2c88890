using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.S3;

/// <summary>
/// Action-cache entries as sealed objects of a bucket, found by a hash of the whole key. An entry that is damaged, or a bucket
/// that does not answer, is a miss; what is written is in the bucket before the answer.
/// </summary>
public sealed partial class S3ActionCache(S3Bucket bucket, ILogger<S3ActionCache> logger) : IActionTier
{
    private const int LargestBytes = 16 << 20;

    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await bucket.SendAsync($"read the result of action {key.Action}", (s3, token) => s3.GetObjectAsync(RequestOf(key), token), cancellationToken);
            if (response.ContentLength is < 0 or > LargestBytes)
            {
                return null;
            }

            var bytes = new byte[response.ContentLength];
            await response.ResponseStream.ReadExactlyAsync(bytes, cancellationToken).AsTask().WaitAsync(bucket.Options.Timeout, cancellationToken);
            return RecordFiles.Open(bytes) is { } content ? ActionRecord.Read(key, content) : null;
        }
        catch (AmazonS3Exception e) when (S3Failure.IsNotFound(e))
        {
            return null;
        }
        catch (Exception e) when (e is BlobStoreException || (S3Failure.IsFailure(e) && !cancellationToken.IsCancellationRequested))
        {
            LogUnread(key.Action, e.Message);
            return null;
        }
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The bucket does not answer, or refuses.</exception>
    /// <exception cref="BlobStoreFullException">The bucket has no room.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        var bytes = RecordFiles.Seal(ActionRecord.Of(key, entry));
        await bucket.SendAsync(
            $"store the result of action {key.Action}",
            async (s3, token) =>
            {
                using var content = new MemoryStream(bytes, writable: false);
                return await s3.PutObjectAsync(RequestOf(key, content), token);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The bucket does not answer, or refuses.</exception>
    /// <exception cref="BlobStoreFullException">The bucket has no room.</exception>
    public async ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        var bytes = RecordFiles.Seal(ActionRecord.Of(key, entry));
        return await bucket.SendAsync(
            $"store the result of action {key.Action}",
            async (s3, token) =>
            {
                using var content = new MemoryStream(bytes, writable: false);
                var request = RequestOf(key, content);
                request.IfNoneMatch = "*";
                try
                {
                    await s3.PutObjectAsync(request, token);
                    return true;
                }
                catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict or HttpStatusCode.NotImplemented)
                {
                    // There is one, or another is being written; where the server knows no conditions a copy is not worth the risk.
                    return false;
                }
            },
            cancellationToken);
    }

    // A range, for the reason that S3BlobReader tells.
    private GetObjectRequest RequestOf(in ActionKey key) =>
        new() { BucketName = bucket.Options.Bucket, Key = KeyOf(key), ByteRange = new ByteRange(0, LargestBytes) };

    private PutObjectRequest RequestOf(in ActionKey key, MemoryStream content) => new()
    {
        BucketName = bucket.Options.Bucket,
        Key = KeyOf(key),
        InputStream = content,
        AutoCloseStream = false,
        DisablePayloadSigning = bucket.IsTls ? true : null,
    };

    private string KeyOf(in ActionKey key) => bucket.KeyOfRecord("actions", DiskActionCache.NameOf(key));

    [LoggerMessage(EventId = 244, Level = LogLevel.Warning, Message = "the result of action {Action} counts as a miss: {Problem}")]
    private partial void LogUnread(Digests.Digest action, string problem);
}
