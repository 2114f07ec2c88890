using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>Hard links into the store: no bytes move. Only for trees that tasks reach as the lower layer of an overlay.</summary>
/// <param name="store">What is linked to.</param>
/// <param name="heir">Who gets the files, and by that the store's; null to leave them the worker's.</param>
internal sealed class LinkingFilePlacer(IFileBlobStore store, TaskOwner? heir = null) : IFilePlacer
{
    public async ValueTask<bool> TryPlaceAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken)
    {
        if (!await store.TryLinkAsync(digest, executable, path, cancellationToken))
            return false;
        if (heir is { } owner && Libc.ChangeOwnerAt(Libc.AtCurrentDirectory, path, owner.UserId, owner.UserId, Libc.AtNoFollow) != 0)
            throw LinuxError.Last($"give the input {Path.GetFileName(path)} to the tasks' user");
        return true;
    }
}
