using BuildFarm.Digests;

namespace BuildFarm.BlobStore;

/// <summary>Blobs of which only the hash is known.</summary>
public static class HashOnly
{
    /// <summary>The digest of the blob with this hash; null when the store does not have it, or cannot tell.</summary>
    /// <param name="store">Any: one that is no <see cref="IHashIndex"/> and owns no files cannot tell.</param>
    /// <param name="named">A digest of that hash, whose size says nothing.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public static ValueTask<Digest?> FindByHashAsync(this IBlobStore store, Digest named, CancellationToken cancellationToken) => store switch
    {
        IHashIndex index => index.FindByHashAsync(named, cancellationToken),
        IOwnedBlobStore owned => ValueTask.FromResult(owned.FindByHash(named)),
        _ => ValueTask.FromResult<Digest?>(null),
    };

    /// <summary>The digest with the same hash and the right size.</summary>
    internal static Digest WithSize(this Digest named, long sizeBytes)
    {
        Span<byte> hash = stackalloc byte[named.Function.HashLength];
        named.CopyHashTo(hash);
        return new Digest(named.Function, hash, sizeBytes);
    }
}
