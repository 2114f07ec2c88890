using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// All tiers of this process as one store, with the disk's files for what needs files: inputs are links to them, and content
/// without a digest gets it there. Without a tier on the disk its folder is where such content waits for its upload.
/// </summary>
/// <param name="all">What reads, writes and questions go to.</param>
/// <param name="disk">Of this machine.</param>
/// <param name="below">The disk in front of what is farther; null when nothing is.</param>
internal sealed class TieredFiles(IBlobStore all, IOwnedBlobStore disk, TieredBlobStore? below) : IOwnedBlobStore, IBatchBlobStore, IHashIndex
{
    /// <inheritdoc />
    public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => all.OpenAsync(digest, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => all.CreateAsync(digest, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        all.FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken) => all.PutManyAsync(blobs, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken) => all.GetManyAsync(digests, cancellationToken);

    /// <inheritdoc />
    public Digest? FindByHash(Digest named) => disk.FindByHash(named);

    /// <inheritdoc />
    public ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken) =>
        below is null ? ValueTask.FromResult(disk.FindByHash(named)) : below.FindByHashAsync(named, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var missing = await all.FindMissingAsync(digests, cancellationToken);
        if (missing.Count == 0 && below is not null)
        {
            await new ParallelFetch(disk, below.FetchAsync, async (batch, stop) => await below.GetManyAsync(batch, stop)).RunAsync(digests, cancellationToken);
        }

        return missing;
    }

    /// <inheritdoc />
    public async ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken) =>
        await disk.TryLinkAsync(digest, executable, path, cancellationToken)
        || (below is not null && await below.FetchAsync(digest, cancellationToken) && await disk.TryLinkAsync(digest, executable, path, cancellationToken));

    /// <inheritdoc />
    public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken)
    {
        var digest = await disk.AddFileAsync(file, function, cancellationToken);
        return await PushedAsync(digest, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Digest> AddAsync(Stream content, long sizeBytes, CancellationToken cancellationToken)
    {
        var digest = await disk.AddAsync(content, sizeBytes, cancellationToken);
        return await PushedAsync(digest, cancellationToken);
    }

    private async ValueTask<Digest> PushedAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (below is not null)
        {
            await below.PushAsync(digest, cancellationToken);
        }

        return digest;
    }
}
