using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// Compares what a store gives with the digest that was asked for, so that a damaged or dishonest store is noticed where the
/// bytes are used. Run it right behind a remote store. What is written is verified by who keeps it.
/// </summary>
/// <param name="inner">The store that is not taken at its word.</param>
/// <param name="where">Its name, for people.</param>
public sealed class VerifyingBlobStore(IBlobStore inner, string where) : IBlobStore
{
    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        var reader = await inner.OpenAsync(digest, cancellationToken);
        if (reader is null || digest == Digest.Empty)
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
}
