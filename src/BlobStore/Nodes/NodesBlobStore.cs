using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Several caches as one store: each blob lies on a few of them (<see cref="Rendezvous"/>). One that has it is enough for a read
/// and for its being present, one that takes it for a write; what a node lacks then is copied to it behind.
/// </summary>
public sealed class NodesBlobStore : IBatchBlobStore, IHashIndex, IAsyncDisposable
{
    private readonly Func<NodeSet> _nodes;
    private readonly NodeDebts _debts;

    /// <param name="nodes">Those of now.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what cannot be copied.</param>
    public NodesBlobStore(Func<NodeSet> nodes, TimeProvider time, ILogger<NodesBlobStore> logger)
    {
        _nodes = nodes;
        _debts = new NodeDebts(time, logger);
    }

    /// <summary>Copies that nodes lack and that wait to be made.</summary>
    public int OwedCopies => _debts.Count;

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">None of the blob's nodes answers.</exception>
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            return MemoryBlobReader.Empty;
        }

        var nodes = _nodes().Of(digest);
        return await OpenOneAsync(digest, nodes, nodes, cancellationToken) is { } found ? new NodesBlobReader(this, digest, nodes, found.Node, found.Reader) : null;
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">None of the blob's nodes answers.</exception>
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            return new PresentBlobWriter(digest);
        }

        var nodes = _nodes().Of(digest);
        var writer = new NodesBlobWriter(digest, nodes, _debts);
        try
        {
            await writer.StartAsync(cancellationToken);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">None of a blob's nodes answers.</exception>
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var search = new NodesSearch(_nodes(), digests);
        await search.RunAsync(cancellationToken);
        foreach (var (node, digest, others) in search.Lacking)
        {
            _debts.Owe(node, digest, others);
        }

        return search.Missing;
    }

    /// <inheritdoc />
    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return new NodesBatchWrite(_nodes(), blobs, _debts).RunAsync(cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        return new NodesBatchRead(_nodes(), digests, _debts).RunAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken)
    {
        foreach (var node in HealthyFirst(_nodes().Of(named)))
        {
            try
            {
                if (await node.FindByHashAsync(named, cancellationToken) is { } digest)
                {
                    return digest;
                }
            }
            catch (BlobStoreUnavailableException)
            {
                // Another one may know it.
            }
        }

        return null;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _debts.DisposeAsync();

    /// <summary>
    /// Opens the blob at the first of the nodes to try that has it; those that answered that they have not get it behind. Null when
    /// a node answered and none has it.
    /// </summary>
    internal async ValueTask<(CacheNode Node, BlobReader Reader)?> OpenOneAsync(
        Digest digest, IReadOnlyList<CacheNode> all, IEnumerable<CacheNode> toTry, CancellationToken cancellationToken)
    {
        var lacking = new List<CacheNode>();
        BlobStoreException? failure = null;
        foreach (var node in HealthyFirst(toTry))
        {
            try
            {
                if (await node.Blobs.OpenAsync(digest, cancellationToken) is { } reader)
                {
                    lacking.ForEach(lack => _debts.Owe(lack, digest, all));
                    return (node, reader);
                }

                lacking.Add(node);
            }
            catch (Exception e) when (e is BlobStoreUnavailableException or CorruptBlobException)
            {
                failure = (BlobStoreException)e;
            }
        }

        return lacking.Count == 0 && failure is not null ? throw failure : null;
    }

    internal static IEnumerable<CacheNode> HealthyFirst(IEnumerable<CacheNode> nodes) => nodes.OrderBy(node => node.IsDown);
}
