using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Memory;

/// <summary>
/// Blobs in memory, up to a limit; the least recently used go first. For tests, and as a small tier in front of a slow store.
/// </summary>
/// <param name="maxBytes">Bytes of content that it may hold; blobs being written count.</param>
public sealed class MemoryBlobStore(long maxBytes) : IBlobStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, LinkedListNode<Entry>> _blobs = [];
    private readonly LinkedList<Entry> _byUse = [];
    private long _usedBytes;

    /// <summary>Bytes of content held, blobs being written included.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _usedBytes;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (digest.IsEmptyBlob)
        {
            return ValueTask.FromResult<BlobReader?>(MemoryBlobReader.Empty);
        }

        lock (_lock)
        {
            return ValueTask.FromResult<BlobReader?>(Use(digest) is { } entry ? new MemoryBlobReader(entry.Content) : null);
        }
    }

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (digest.IsEmptyBlob || Use(digest) is not null)
            {
                return ValueTask.FromResult<BlobWriter>(new PresentBlobWriter(digest));
            }

            MakeRoom(digest.SizeBytes);
            _usedBytes += digest.SizeBytes;
        }

        return ValueTask.FromResult<BlobWriter>(new MemoryBlobWriter(digest, this));
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<Digest>>([.. digests.Where(digest => !digest.IsEmptyBlob && Use(digest) is null)]);
        }
    }

    /// <summary>Makes a written blob visible; its room was set aside when the write began.</summary>
    internal void Publish(Digest digest, byte[] content)
    {
        lock (_lock)
        {
            if (_blobs.ContainsKey(digest))
            {
                _usedBytes -= digest.SizeBytes;
                return;
            }

            _blobs.Add(digest, _byUse.AddLast(new Entry(digest, content)));
        }
    }

    /// <summary>Gives back the room of a write that came to nothing.</summary>
    internal void Abandon(Digest digest)
    {
        lock (_lock)
        {
            _usedBytes -= digest.SizeBytes;
        }
    }

    private Entry? Use(Digest digest)
    {
        if (!_blobs.TryGetValue(digest, out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        return node.Value;
    }

    private void MakeRoom(long bytes)
    {
        while (_usedBytes + bytes > maxBytes && bytes <= maxBytes && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _blobs.Remove(oldest.Value.Digest);
            _usedBytes -= oldest.Value.Digest.SizeBytes;
        }

        // An array holds no more than this, whatever the limit says.
        if (_usedBytes + bytes > maxBytes || bytes > Array.MaxLength)
        {
            throw new BlobStoreFullException(
                $"No room for {bytes} bytes in memory: {_usedBytes} of {maxBytes} are in use. Raise the limit, or use a store on disk.");
        }
    }

    private sealed record Entry(Digest Digest, byte[] Content);
}
