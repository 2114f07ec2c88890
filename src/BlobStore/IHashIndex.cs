using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>A store that finds blobs by their hash alone, as HTTP clients name them.</summary>
public interface IHashIndex
{
    /// <summary>The digest of the blob with this hash; null when the store does not have it.</summary>
    /// <param name="named">A digest of that hash, whose size says nothing.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken);
}
