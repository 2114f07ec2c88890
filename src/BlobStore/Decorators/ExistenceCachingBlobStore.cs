using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// Remembers for a while which blobs a store was found to have. One build asks for the same inputs with every action; in
/// front of a remote store this saves most of the round trips. Run it in workers, never in the cache service itself: a blob
/// may be evicted while it is remembered, so the time must be well below the shortest life of a blob there.
/// </summary>
/// <param name="inner">The store asked.</param>
/// <param name="lifetime">How long an answer holds.</param>
/// <param name="time">The clock.</param>
public sealed class ExistenceCachingBlobStore(IBlobStore inner, TimeSpan lifetime, TimeProvider time) : IBlobStore
{
    private readonly GenerationalMap<Digest, long> _seen = new(capacity: 128 * 1024);

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        var reader = await inner.OpenAsync(digest, cancellationToken);
        if (reader is null)
        {
            _seen.Remove(digest);
        }

        return reader;
    }

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var unknown = digests.Where(digest => !IsFresh(digest)).ToList();
        if (unknown.Count == 0)
        {
            return [];
        }

        var missing = await inner.FindMissingAsync(unknown, cancellationToken);
        var absent = missing.ToHashSet();
        var now = time.GetTimestamp();
        foreach (var digest in unknown.Where(digest => !absent.Contains(digest)))
        {
            _seen.Set(digest, now);
        }

        return missing;
    }

    private bool IsFresh(Digest digest) => _seen.TryGet(digest, out var since) && time.GetElapsedTime(since) < lifetime;
}
