using System.Buffers;
using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>Content whose digest is not known before it has been read.</summary>
public sealed partial class DiskBlobStore
{
    private const int ChunkBytes = 1 << 20;

    /// <inheritdoc />
    public Digest? FindByHash(Digest named)
    {
        var file = new FileInfo(_files.PathOf(BlobFileName.Of(named)));
        var size = named.HashHex == named.Function.EmptyBlob.HashHex ? 0 : file.Exists ? file.Length : -1;
        if (size < 0)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[named.Function.HashLength];
        named.CopyHashTo(hash);
        return new Digest(named.Function, hash, size);
    }

    /// <inheritdoc />
    public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(file);
        if (length > ChunkBytes)
        {
            // What grows or shrinks meanwhile is what it is at the end.
            return await AddLargeAsync((buffer, offset) => ValueTask.FromResult(RandomAccess.Read(file, buffer.Span, offset)), length, function, cancellationToken);
        }

        var bytes = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var read = 0;
            int more;
            while (read < length && (more = RandomAccess.Read(file, bytes.AsSpan(read, (int)length - read), read)) > 0)
            {
                read += more;
            }

            return await AddSmallAsync(bytes.AsMemory(0, read), function, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <inheritdoc />
    public async ValueTask<Digest> AddAsync(Stream content, long sizeBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (sizeBytes > ChunkBytes)
        {
            return await AddLargeAsync(ReadAsync, sizeBytes, DigestFunction.Sha256, cancellationToken);
        }

        var bytes = ArrayPool<byte>.Shared.Rent((int)sizeBytes);
        try
        {
            await content.ReadExactlyAsync(bytes.AsMemory(0, (int)sizeBytes), cancellationToken);
            return await AddSmallAsync(bytes.AsMemory(0, (int)sizeBytes), DigestFunction.Sha256, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset)
        {
            var wanted = (int)Math.Min(buffer.Length, sizeBytes - offset);
            await content.ReadExactlyAsync(buffer[..wanted], cancellationToken);
            return wanted;
        }
    }

    // In memory the digest is known before anything is written; most of what is added is there already.
    private async ValueTask<Digest> AddSmallAsync(ReadOnlyMemory<byte> content, DigestFunction function, CancellationToken cancellationToken)
    {
        var digest = Digest.OfBytes(content.Span, function);
        await using var writer = await CreateAsync(digest, cancellationToken);
        await writer.WriteAsync(content, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return digest;
    }

    /// <param name="read">Fills a buffer from an offset on; 0 at the end.</param>
    /// <param name="length">As far as known beforehand.</param>
    /// <param name="function">What it is named by.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async ValueTask<Digest> AddLargeAsync(
        Func<Memory<byte>, long, ValueTask<int>> read, long length, DigestFunction function, CancellationToken cancellationToken)
    {
        using var room = await _files.ReserveAsync(length, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            using var file = TemporaryFile.Create(_directory, TemporaryFile.DataMode, length);
            using var hash = new DigestBuilder(function);
            int count;
            while ((count = await read(buffer.AsMemory(0, ChunkBytes), hash.Length)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (offset, part) = (hash.Length, buffer.AsMemory(0, count));
                var writing = Task.Run(() => RandomAccess.Write(file.Handle, part.Span, offset), CancellationToken.None);
                hash.Append(part.Span);
                await writing;
            }

            // A file that shrank meanwhile leaves reserved blocks behind its end.
            if (hash.Length < length)
            {
                RandomAccess.SetLength(file.Handle, hash.Length);
            }

            var digest = hash.Finish();
            await PublishAsync(digest, executable: false, file, room);
            return digest;
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk of {_directory.Root} is full; {length} bytes were not stored. Free some space.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
