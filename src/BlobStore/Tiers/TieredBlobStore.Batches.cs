using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>Many small blobs, in one step where the farther store can.</summary>
public sealed partial class TieredBlobStore
{
    /// <inheritdoc />
    public async ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        if (_writes != TierWrites.Through || _far is not IBatchBlobStore far)
        {
            return await BlobBatches.PutEachAsync(this, blobs, cancellationToken);
        }

        // The farther one first, as a single write does it: what is seen near is safe.
        var refusals = await far.PutManyAsync(blobs, cancellationToken);
        for (var i = 0; i < refusals.Length; i++)
        {
            if (refusals[i] is null)
            {
                CommittedFar(blobs[i].Digest);
                await TryPutNearAsync(blobs[i], cancellationToken);
            }
        }

        return refusals;
    }

    /// <inheritdoc />
    public async ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        if (_far is not IBatchBlobStore far)
        {
            return await BlobBatches.GetEachAsync(this, digests, cancellationToken);
        }

        var answers = new BlobAnswer[digests.Count];
        var absent = new List<int>();
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = new BlobAnswer(await ReadNearAsync(digests[i], cancellationToken));
            if (answers[i].Content is null)
            {
                absent.Add(i);
            }
        }

        if (absent.Count == 0)
        {
            return answers;
        }

        var found = await far.GetManyAsync(absent.ConvertAll(i => digests[i]), cancellationToken);
        for (var i = 0; i < found.Length; i++)
        {
            answers[absent[i]] = found[i];
            if (found[i].Content is { } content && await TryPutNearAsync(new BlobContent(digests[absent[i]], content), cancellationToken))
            {
                _copies?.Confirm(digests[absent[i]]);
                StoreMetrics.Fetched.Add(1);
            }
        }

        return answers;
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadNearAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var reader = await OpenNearAsync(digest, cancellationToken);
        if (reader is null or MemoryBlobReader)
        {
            // Without its type the null would be an empty blob.
            return reader is MemoryBlobReader inMemory ? inMemory.Content : (ReadOnlyMemory<byte>?)null;
        }

        var content = GC.AllocateUninitializedArray<byte>((int)digest.SizeBytes);
        try
        {
            await reader.ReadExactlyAsync(content, cancellationToken);
            return content;
        }
        catch (Exception e) when (e is CorruptBlobException or BlobStoreUnavailableException)
        {
            return null;
        }
    }

    // That the nearer one has no room is no failure: the farther one has the blob.
    private async ValueTask<bool> TryPutNearAsync(BlobContent blob, CancellationToken cancellationToken)
    {
        if (blob.Digest.SizeBytes > _largestNear)
        {
            return false;
        }

        return (await BlobBatches.PutEachAsync(_near, [blob], cancellationToken))[0] is null;
    }
}
