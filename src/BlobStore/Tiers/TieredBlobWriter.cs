using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// Writes to both stores as the bytes come. The farther one commits first, so that what is seen near is safe; that the nearer
/// one fails is no failure while the farther one takes the blob.
/// </summary>
internal sealed class TieredBlobWriter(Digest digest, BlobWriter? near, BlobWriter? far, TieredBlobStore store) : BlobWriter
{
    private BlobWriter? _near = near;

    /// <inheritdoc />
    public override long Written => far?.Written ?? _near!.Written;

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var here = WriteNearAsync(bytes, cancellationToken);
        if (far is not null)
        {
            try
            {
                await far.WriteAsync(bytes, cancellationToken);
            }
            finally
            {
                // The buffer is the caller's again after this.
                await here.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await here;
    }

    /// <inheritdoc />
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (far is null)
        {
            await _near!.CommitAsync(cancellationToken);
            await store.CommittedNearAsync(digest, cancellationToken);
            return;
        }

        await far.CommitAsync(cancellationToken);
        store.CommittedFar(digest);
        await TryNearAsync(near => near.CommitAsync(cancellationToken));
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await DropNearAsync();
        if (far is not null)
        {
            await far.DisposeAsync();
        }
    }

    private Task WriteNearAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        TryNearAsync(near => near.WriteAsync(bytes, cancellationToken));

    private async Task TryNearAsync(Func<BlobWriter, ValueTask> step)
    {
        if (_near is null)
        {
            return;
        }

        try
        {
            await step(_near);
        }
        catch (Exception e) when (far is not null && e is BlobStoreFullException or BlobStoreUnavailableException)
        {
            await DropNearAsync();
        }
    }

    private async ValueTask DropNearAsync()
    {
        if (Interlocked.Exchange(ref _near, null) is { } dropped)
        {
            await dropped.DisposeAsync();
        }
    }
}
