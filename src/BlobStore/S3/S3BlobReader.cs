using System.Globalization;
using Amazon.S3.Model;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.S3;

/// <summary>
/// Reads an object as one stream while reads follow each other; a read elsewhere, or after a broken connection, begins a new
/// one there by its range. Concurrent reads wait for each other.
/// </summary>
internal sealed class S3BlobReader(Digest digest, S3Bucket bucket, TimeProvider time, GetObjectResponse first) : BlobReader
{
    private readonly SemaphoreSlim _turn = new(1);
    private GetObjectResponse? _response = first;
    private long _position;

    /// <inheritdoc />
    public override long Length => digest.SizeBytes;

    /// <summary>
    /// Asks for a blob from an offset on. Always as a range: the SDK takes the ETag of a whole object for its MD5 and fails where
    /// it is none, as under encryption and on other servers.
    /// </summary>
    public static GetObjectRequest RequestOf(in Digest digest, S3Bucket bucket, long from) =>
        new() { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest), ByteRange = new ByteRange(from, digest.SizeBytes - 1) };

    /// <summary>Bytes of the whole object of which the answer is a range; -1 when it does not say.</summary>
    public static long TotalLength(GetObjectResponse response)
    {
        var total = response.ContentRange is { } range ? range[(range.LastIndexOf('/') + 1)..] : "";
        return response.ContentRange is null ? response.ContentLength : long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : -1;
    }

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (offset != _position)
            {
                EndStream();
                _position = offset;
            }

            var read = await ReadHereAsync(buffer, cancellationToken);
            _position += read;
            return read;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        EndStream();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<int> ReadHereAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                _response ??= await bucket.SendAsync($"read blob {digest}", (s3, token) => s3.GetObjectAsync(RequestOf(digest, bucket, _position), token), cancellationToken);
                return await ReadInTimeAsync(_response.ResponseStream, buffer, cancellationToken);
            }
            catch (Exception e) when (S3Failure.IsNotFound(e))
            {
                throw new BlobStoreUnavailableException($"Blob {digest} went from {bucket.Where} while it was read. Read it again.", e);
            }
            catch (Exception e) when (S3Failure.IsFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                EndStream();
                if (failures >= bucket.Options.Retries)
                {
                    throw S3Failure.Of(e, $"read blob {digest}", bucket.Where, bucket.Options);
                }
            }
        }
    }

    // The SDK's own limit ends with the headers.
    private async ValueTask<int> ReadInTimeAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(bucket.Options.Timeout, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var read = await stream.ReadAsync(buffer, ended.Token);
        return read > 0 ? read : throw new EndOfStreamException($"the answer ended after {_position} of {Length} bytes");
    }


    private void EndStream()
    {
        _response?.Dispose();
        _response = null;
    }
}
