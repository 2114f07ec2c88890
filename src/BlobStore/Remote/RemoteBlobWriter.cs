using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Digests;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote;

/// <summary>
/// Uploads a blob over ByteStream. The call starts with the first bytes; when the server has the blob already it ends the
/// call early, and the rest is dropped here.
/// </summary>
internal sealed class RemoteBlobWriter(Digest digest, string resourceName, CallInvoker invoker) : BlobWriter
{
    // Receivers commonly take 4 MiB a message.
    private const int LargestMessage = 2 << 20;

    private AsyncClientStreamingCall<WriteChunk, WriteResponse>? _call;
    private long _written;
    private bool _serverHasEnough;

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
            var part = bytes[..Math.Min(bytes.Length, LargestMessage)];
            await SendAsync(part, finish: false, cancellationToken);
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc />
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_written != digest.SizeBytes)
        {
            throw new DigestMismatchException(digest, $"{_written} bytes");
        }

        // Only now: what is finished is visible to others.
        await SendAsync(ReadOnlyMemory<byte>.Empty, finish: true, cancellationToken);
        await CloseAsync();

        var committed = await ResponseAsync(cancellationToken);
        if (committed != digest.SizeBytes)
        {
            throw new IOException($"The cache took {committed} of the {digest.SizeBytes} bytes of blob {digest}. Upload it again.");
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _call?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken)
    {
        var first = _call is null;
        _call ??= invoker.AsyncClientStreamingCall(ByteStreamMethods.Write, null, new CallOptions());
        if (!_serverHasEnough)
        {
            using var chunk = new WriteChunk
            {
                ResourceName = first ? resourceName : "",
                WriteOffset = _written,
                FinishWrite = finish,
                Data = bytes,
            };
            try
            {
                await _call.RequestStream.WriteAsync(chunk, cancellationToken);
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException)
            {
                // The call has ended: with an answer if the server has the blob, else with its reason, which this throws.
                await ResponseAsync(cancellationToken);
                _serverHasEnough = true;
            }
        }

        _written += bytes.Length;
    }

    private async ValueTask CloseAsync()
    {
        try
        {
            await _call!.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The server has ended the call already; its answer says how.
        }
    }

    private async ValueTask<long> ResponseAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _call!.ResponseAsync.WaitAsync(cancellationToken)).CommittedSize;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            throw new BlobStoreFullException(e.Status.Detail, e);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            throw new DigestMismatchException(digest, $"been refused: {e.Status.Detail}");
        }
    }
}
