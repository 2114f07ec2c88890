using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>Many small blobs to and from any store: in one step where it can, else one after the other.</summary>
public static class BlobBatches
{
    /// <inheritdoc cref="IBatchBlobStore.PutManyAsync"/>
    public static ValueTask<BlobStoreException?[]> PutManyAsync(this IBlobStore store, IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(blobs);
        return store is IBatchBlobStore batches ? batches.PutManyAsync(blobs, cancellationToken) : PutEachAsync(store, blobs, cancellationToken);
    }

    /// <inheritdoc cref="IBatchBlobStore.GetManyAsync"/>
    public static ValueTask<BlobAnswer[]> GetManyAsync(this IBlobStore store, IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(digests);
        return store is IBatchBlobStore batches ? batches.GetManyAsync(digests, cancellationToken) : GetEachAsync(store, digests, cancellationToken);
    }

    /// <summary>As <see cref="PutManyAsync"/>, one after the other.</summary>
    internal static async ValueTask<BlobStoreException?[]> PutEachAsync(IBlobStore store, IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        var refusals = new BlobStoreException?[blobs.Count];
        for (var i = 0; i < refusals.Length; i++)
        {
            try
            {
                await using var writer = await store.CreateAsync(blobs[i].Digest, cancellationToken);
                await writer.WriteAsync(blobs[i].Bytes, cancellationToken);
                await writer.CommitAsync(cancellationToken);
            }
            catch (BlobStoreException e)
            {
                refusals[i] = e;
            }
        }

        return refusals;
    }

    /// <summary>As <see cref="GetManyAsync"/>, one after the other.</summary>
    internal static async ValueTask<BlobAnswer[]> GetEachAsync(IBlobStore store, IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        var answers = new BlobAnswer[digests.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            try
            {
                answers[i] = new BlobAnswer(await store.ReadAllAsync(digests[i], int.MaxValue, cancellationToken));
            }
            catch (BlobStoreException e)
            {
                answers[i] = new BlobAnswer(null, e);
            }
        }

        return answers;
    }
}
