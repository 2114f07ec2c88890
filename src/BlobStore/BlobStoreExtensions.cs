using System.Buffers;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Google.Protobuf;

namespace BuildFarm.BlobStore;

/// <summary>Whole blobs and messages, for what is small.</summary>
public static class BlobStoreExtensions
{
    /// <summary>What a message may take unless a caller says otherwise: REAPI's customary limit of a batch.</summary>
    public const int DefaultMessageLimit = 4 << 20;

    private const int CopyBytes = 256 * 1024;

    /// <summary>The whole content of a blob; null when the store does not have it.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="limit">Bytes that the caller is ready to hold.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidDataException">The blob is larger than <paramref name="limit"/>.</exception>
    public static async ValueTask<byte[]?> ReadAllBytesAsync(
        this IBlobStore store, Digest digest, int limit = int.MaxValue, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ThrowIfLarger(digest, limit);
        await using var reader = await store.OpenAsync(digest, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        var content = GC.AllocateUninitializedArray<byte>((int)digest.SizeBytes);
        await reader.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <summary>As <see cref="ReadAllBytesAsync"/>, without copying what the store has in memory already.</summary>
    /// <exception cref="InvalidDataException">The blob is larger than <paramref name="limit"/>.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAllAsync(
        this IBlobStore store, Digest digest, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ThrowIfLarger(digest, limit);
        await using var reader = await store.OpenAsync(digest, cancellationToken);
        if (reader is null or MemoryBlobReader)
        {
            // Without its type the null would be an empty blob.
            return reader is MemoryBlobReader inMemory ? inMemory.Content : (ReadOnlyMemory<byte>?)null;
        }

        var content = GC.AllocateUninitializedArray<byte>((int)digest.SizeBytes);
        await reader.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <summary>Fills the buffer from the start of the blob.</summary>
    /// <exception cref="EndOfStreamException">The blob ends before.</exception>
    public static async ValueTask ReadExactlyAsync(this BlobReader reader, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        for (var done = 0; done < buffer.Length;)
        {
            var read = await reader.ReadAsync(done, buffer[done..], cancellationToken);
            done += read != 0 ? read : throw new EndOfStreamException($"A blob ended after {done} of {buffer.Length} bytes.");
        }
    }

    /// <summary>Copies a whole blob into a writer, without committing.</summary>
    public static async ValueTask CopyToAsync(this BlobReader reader, BlobWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(writer);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(reader.Length, 1, CopyBytes));
        try
        {
            int read;
            for (long offset = 0; (read = await reader.ReadAsync(offset, buffer, cancellationToken)) > 0; offset += read)
            {
                await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Stores bytes and returns their SHA-256 digest.</summary>
    public static ValueTask<Digest> PutBytesAsync(this IBlobStore store, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        store.PutBytesAsync(content, DigestFunction.Sha256, cancellationToken);

    /// <summary>Stores bytes and returns their digest of that function.</summary>
    public static async ValueTask<Digest> PutBytesAsync(
        this IBlobStore store, ReadOnlyMemory<byte> content, DigestFunction function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var digest = Digest.OfBytes(content.Span, function);
        await using var writer = await store.CreateAsync(digest, cancellationToken);
        await writer.WriteAsync(content, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return digest;
    }

    /// <summary>Stores a message and returns its SHA-256 digest.</summary>
    public static ValueTask<Digest> PutMessageAsync<T>(this IBlobStore store, T message, CancellationToken cancellationToken = default)
        where T : IMessage<T> =>
        store.PutBytesAsync(message.ToByteArray(), cancellationToken);

    /// <summary>Reads a message; null when the store does not have it.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="limit">Bytes that it may have.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidDataException">It is larger than <paramref name="limit"/>, or no such message.</exception>
    public static async ValueTask<T?> GetMessageAsync<T>(
        this IBlobStore store, Digest digest, int limit = DefaultMessageLimit, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(store);
        ThrowIfLarger(digest, limit);
        await using var reader = await store.OpenAsync(digest, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        var size = (int)digest.SizeBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            await reader.ReadExactlyAsync(buffer.AsMemory(0, size), cancellationToken);
            var message = new T();
            message.MergeFrom(new ReadOnlySequence<byte>(buffer, 0, size));
            return message;
        }
        catch (Exception e) when (e.IsUnreadable())
        {
            throw new InvalidDataException($"Blob {digest} is no {new T().Descriptor.FullName}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The store as where trees are read from.</summary>
    public static FetchMessage<T> AsMessageSource<T>(this IBlobStore store, int limit = DefaultMessageLimit)
        where T : class, IMessage<T>, new() =>
        (digest, cancellationToken) => store.GetMessageAsync<T>(digest, limit, cancellationToken);

    /// <summary>Whether the store has the blob, which then gets a new lease of life.</summary>
    public static async ValueTask<bool> ContainsAsync(this IBlobStore store, Digest digest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return (await store.FindMissingAsync([digest], cancellationToken)).Count == 0;
    }

    private static void ThrowIfLarger(Digest digest, int limit)
    {
        if (digest.SizeBytes > limit)
        {
            throw new InvalidDataException($"Blob {digest} has {digest.SizeBytes} bytes; at most {limit} are taken here.");
        }
    }
}
