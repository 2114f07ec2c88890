using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Writes a blob to all its nodes at once. One that fails drops out and is owed the blob; the write fails with the last of them.
/// </summary>
internal sealed class NodesBlobWriter(Digest digest, CacheNode[] nodes, NodeDebts debts) : BlobWriter
{
    private readonly BlobWriter?[] _writers = new BlobWriter?[nodes.Length];
    private long _written;

    /// <inheritdoc />
    public override long Written => _written;

    /// <summary>Begins at every node that answers.</summary>
    /// <exception cref="BlobStoreException">None does, or none has room.</exception>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        BlobStoreException? failure = null;
        for (var i = 0; i < nodes.Length; i++)
        {
            try
            {
                _writers[i] = await nodes[i].Blobs.CreateAsync(digest, cancellationToken);
            }
            catch (Exception e) when (DropsOut(e))
            {
                failure = (BlobStoreException)e;
            }
        }

        ThrowIfNoneIsLeft(failure);
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await ForEachAsync(writer => writer.WriteAsync(bytes, cancellationToken));
        _written += bytes.Length;
    }

    /// <inheritdoc />
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        await ForEachAsync(writer => writer.CommitAsync(cancellationToken));
        var lacking = nodes.Where((_, i) => _writers[i] is null).ToList();
        if (lacking.Count > 0)
        {
            StoreMetrics.DegradedWrites.Add(1);
            lacking.ForEach(node => debts.Owe(node, digest, nodes));
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _writers.Length; i++)
        {
            await DropAsync(i);
        }
    }

    private async ValueTask ForEachAsync(Func<BlobWriter, ValueTask> step)
    {
        var failures = await Task.WhenAll(_writers.Select((writer, i) => writer is null ? Task.FromResult<BlobStoreException?>(null) : TryAsync(i, writer, step)));
        ThrowIfNoneIsLeft(failures.FirstOrDefault(failure => failure is not null));
    }

    private async Task<BlobStoreException?> TryAsync(int i, BlobWriter writer, Func<BlobWriter, ValueTask> step)
    {
        try
        {
            await step(writer);
            return null;
        }
        catch (Exception e) when (DropsOut(e))
        {
            await DropAsync(i);
            return (BlobStoreException)e;
        }
    }

    // That the content is wrong is the caller's fault, and ends it all.
    private static bool DropsOut(Exception e) => e is BlobStoreUnavailableException or BlobStoreFullException;

    private void ThrowIfNoneIsLeft(BlobStoreException? failure)
    {
        if (failure is not null && _writers.All(writer => writer is null))
        {
            throw failure;
        }
    }

    private async ValueTask DropAsync(int i)
    {
        if (Interlocked.Exchange(ref _writers[i], null) is { } writer)
        {
            await writer.DisposeAsync();
        }
    }
}
