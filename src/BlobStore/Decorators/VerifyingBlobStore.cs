using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// Compares what a store gives with the digest that was asked for, so that a damaged or dishonest store is noticed where the
/// bytes are used. Run it right behind a remote store. What is written is verified by who keeps it.
/// </summary>
/// <param name="inner">The store that is not taken at its word.</param>
/// <param name="where">Its name, for people.</param>
public sealed class VerifyingBlobStore(IBlobStore inner, string where) : IBatchBlobStore
{
    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        var reader = await inner.OpenAsync(digest, cancellationToken);
        if (reader is null || digest.IsEmptyBlob)
        {
            return reader;
        }

        if (reader.Length == digest.SizeBytes)
        {
            return new VerifyingBlobReader(reader, digest, where);
        }

        await reader.DisposeAsync();
        throw new CorruptBlobException(digest, where);
    }

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        inner.FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken) =>
        inner.PutManyAsync(blobs, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var answers = await inner.GetManyAsync(digests, cancellationToken);
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Content is { } content && Digest.OfBytes(content.Span, digests[i].Function) != digests[i])
            {
                answers[i] = new BlobAnswer(null, new CorruptBlobException(digests[i], where));
            }
        }

        return answers;
    }
}
