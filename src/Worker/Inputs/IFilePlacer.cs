using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Puts a blob's bytes at a path.</summary>
internal interface IFilePlacer
{
    /// <returns>False when the local store does not have the blob.</returns>
    ValueTask<bool> TryPlaceAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken);
}
