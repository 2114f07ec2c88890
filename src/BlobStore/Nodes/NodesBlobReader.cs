using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>Reads a blob from one of its nodes, and goes on with another when that one goes.</summary>
internal sealed class NodesBlobReader(NodesBlobStore store, Digest digest, CacheNode[] nodes, CacheNode first, BlobReader inner) : BlobReader
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<CacheNode> _tried = [first];
    private volatile BlobReader _inner = inner;

    /// <inheritdoc />
    public override long Length => digest.SizeBytes;

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = _inner;
            try
            {
                return await current.ReadAsync(offset, buffer, cancellationToken);
            }
            catch (Exception e) when (e is BlobStoreUnavailableException or CorruptBlobException)
            {
                if (!await MoveOnAsync(current, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return _inner.DisposeAsync();
    }

    // False when there is no node left to ask.
    private async ValueTask<bool> MoveOnAsync(BlobReader failed, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_inner != failed)
            {
                return true;
            }

            var left = nodes.Where(node => !_tried.Contains(node)).ToList();
            if (await store.OpenOneAsync(digest, nodes, left, cancellationToken) is not { } found)
            {
                return false;
            }

            _tried.Add(found.Node);
            _inner = found.Reader;
            await failed.DisposeAsync();
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }
}
