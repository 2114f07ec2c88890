using BuildFarm.BlobStore;
using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Hard links into the store: no bytes move. Only for trees that tasks reach as the lower layer of an overlay.</summary>
internal sealed class LinkingFilePlacer(IFileBlobStore store) : IFilePlacer
{
    public ValueTask<bool> TryPlaceAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken) =>
        store.TryLinkAsync(digest, executable, path, cancellationToken);
}
