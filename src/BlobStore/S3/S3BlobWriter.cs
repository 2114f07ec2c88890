using System.Buffers;
using Amazon.S3;
using Amazon.S3.Model;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.S3;

/// <summary>
/// Uploads a blob: one that fits into a part in one request after it was verified, a larger one part by part as it comes. S3
/// shows neither before the last request, so a blob that turns out wrong is never seen.
/// </summary>
internal sealed class S3BlobWriter(Digest digest, S3Bucket bucket, TimeProvider time) : BlobWriter
{
    private const int FirstBytes = 64 * 1024;
    private const int MostParts = 10_000;

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    private readonly DigestBuilder _hash = new(digest.Function);
    private readonly long _partBytes = Math.Max(bucket.Options.PartBytes, (digest.SizeBytes / MostParts) + 1);
    private readonly List<PartETag> _parts = [];
    private byte[] _part = ArrayPool<byte>.Shared.Rent((int)Math.Min(digest.SizeBytes, FirstBytes));
    private int _filled;
    private long _written;
    private string? _uploadId;
    private Task _sending = Task.CompletedTask;
    private bool _disposed;

    /// <inheritdoc />
    public override long Written => _written;

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.Length > digest.SizeBytes - _written)
        {
            throw new DigestMismatchException(digest, $"more than {digest.SizeBytes} bytes");
        }

        while (!bytes.IsEmpty)
        {
            // The last part waits for the verdict.
            if (_filled == _partBytes)
            {
                await SendPartAsync(cancellationToken);
            }

            var taken = bytes[..(int)Math.Min(bytes.Length, _partBytes - _filled)];
            MakeRoom(taken.Length);
            taken.CopyTo(_part.AsMemory(_filled));
            _hash.Append(taken.Span);
            _filled += taken.Length;
            _written += taken.Length;
            bytes = bytes[taken.Length..];
        }
    }

    /// <inheritdoc />
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_written != digest.SizeBytes)
        {
            throw new DigestMismatchException(digest, $"{_written} bytes");
        }

        var found = _hash.Finish();
        if (found != digest)
        {
            throw new DigestMismatchException(digest, $"hash {found.HashHex}");
        }

        if (_uploadId is null)
        {
            await PutAsync(cancellationToken);
            return;
        }

        await SendPartAsync(cancellationToken);
        await _sending;
        await bucket.SendAsync($"complete the upload of blob {digest}", (s3, token) => s3.CompleteMultipartUploadAsync(Completion(), token), cancellationToken);
        _uploadId = null;
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await AbortAsync();
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_part);
    }

    private void MakeRoom(int more)
    {
        if (_filled + more <= _part.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(_partBytes, Math.Max(_filled + more, 2L * _part.Length)));
        _part.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_part);
        _part = larger;
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        var isSha256 = digest.Function == DigestFunction.Sha256;
        await bucket.Turns.WaitAsync(cancellationToken);
        try
        {
            await bucket.SendAsync(
                $"store blob {digest}",
                async (s3, token) =>
                {
                    using var content = new MemoryStream(_part, 0, _filled, writable: false);
                    return await s3.PutObjectAsync(
                        new PutObjectRequest
                        {
                            BucketName = bucket.Options.Bucket,
                            Key = bucket.KeyOf(digest),
                            InputStream = content,
                            AutoCloseStream = false,
                            DisablePayloadSigning = bucket.IsTls ? true : null,
                            ChecksumSHA256 = isSha256 && bucket.Options.Checksums ? HashInBase64() : null,
                        },
                        token);
                },
                cancellationToken);
        }
        finally
        {
            bucket.Turns.Release();
        }
    }

    // One part is on its way while the next one fills.
    private async ValueTask SendPartAsync(CancellationToken cancellationToken)
    {
        await _sending;
        _uploadId ??= (await bucket.SendAsync(
            $"begin the upload of blob {digest}",
            (s3, token) => s3.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest) }, token),
            cancellationToken)).UploadId;
        var (part, length) = (_part, _filled);
        _part = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(digest.SizeBytes - _written, 1, _partBytes));
        _filled = 0;
        _sending = UploadAsync(part, length, _parts.Count + 1, cancellationToken);
    }

    private async Task UploadAsync(byte[] part, int length, int number, CancellationToken cancellationToken)
    {
        try
        {
            await bucket.Turns.WaitAsync(cancellationToken);
            try
            {
                using var content = new MemoryStream(part, 0, length, writable: false);
                var response = await bucket.SendAsync(
                    $"store part {number} of blob {digest}",
                    (s3, token) => s3.UploadPartAsync(
                        new UploadPartRequest
                        {
                            BucketName = bucket.Options.Bucket,
                            Key = bucket.KeyOf(digest),
                            UploadId = _uploadId,
                            PartNumber = number,
                            PartSize = length,
                            InputStream = content,
                            DisablePayloadSigning = bucket.IsTls ? true : null,
                        },
                        token),
                    cancellationToken);
                _parts.Add(new PartETag(response, true));
            }
            finally
            {
                bucket.Turns.Release();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }
    }

    private CompleteMultipartUploadRequest Completion() =>
        new() { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest), UploadId = _uploadId, PartETags = _parts };

    private async Task AbortAsync()
    {
        // Whatever became of the last part, its buffer must be out of use.
        await ((Task)_sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_uploadId is null)
        {
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(AbortPatience, time);
            await bucket.SendAsync(
                $"abandon the upload of blob {digest}",
                (s3, token) => s3.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest { BucketName = bucket.Options.Bucket, Key = bucket.KeyOf(digest), UploadId = _uploadId }, token),
                patience.Token);
        }
        catch (Exception e) when (e is BlobStoreException or OperationCanceledException or AmazonS3Exception)
        {
            // The bucket's rule for incomplete uploads takes it.
        }
    }

    private string HashInBase64()
    {
        Span<byte> hash = stackalloc byte[digest.Function.HashLength];
        digest.CopyHashTo(hash);
        return Convert.ToBase64String(hash);
    }
}
