using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// Reads a blob's file. The open handle keeps the bytes when the file is evicted. Reads are plain system calls on the
/// caller's thread: blobs are mostly in the page cache, where a hop to another thread costs more than the read.
/// </summary>
internal sealed class DiskBlobReader(SafeFileHandle file, Digest digest, DiskBlobStore store, Task<bool>? verification) : BlobReader
{
    private volatile Task<bool>? _verification = verification;

    /// <inheritdoc />
    public override long Length => digest.SizeBytes;

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        var read = offset >= Length ? 0 : RandomAccess.Read(file, buffer.Span, offset);
        return _verification is { } verdict && offset + read >= Length
            ? AwaitVerdictAsync(verdict, read, cancellationToken)
            : ValueTask.FromResult(read);
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<int> AwaitVerdictAsync(Task<bool> verdict, int read, CancellationToken cancellationToken)
    {
        if (!await verdict.WaitAsync(cancellationToken))
        {
            throw await store.DropCorruptAsync(digest);
        }

        _verification = null;
        return read;
    }
}
