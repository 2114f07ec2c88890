using BuildFarm.BlobStore.Packs;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Actions;

/// <summary>The blobs of all tiers to who looks after results: those of the disk are looked at without being used, and only what it lacks is asked of the others.</summary>
internal sealed class SweptBlobs(PackingBlobStore disk, IBlobStore? all) : IBlobStore
{
    /// <summary>There are tiers besides the disk.</summary>
    public bool HasMoreTiers => all is not null;

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) =>
        await disk.OpenAsync(digest, cancellationToken) ?? (all is null ? null : await all.OpenAsync(digest, cancellationToken));

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => throw new NotSupportedException("looking writes nothing");

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var lacking = digests.Where(digest => !disk.Holds(digest)).ToList();
        return all is null || lacking.Count == 0 ? lacking : await all.FindMissingAsync(lacking, cancellationToken);
    }
}
