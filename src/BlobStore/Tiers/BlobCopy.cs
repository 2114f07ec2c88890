using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>Copies blobs between stores.</summary>
internal static class BlobCopy
{
    /// <summary>Copies one blob; false when <paramref name="from"/> does not have it.</summary>
    public static async Task<bool> RunAsync(Digest digest, IBlobStore from, IBlobStore to, CancellationToken cancellationToken)
    {
        await using var reader = await from.OpenAsync(digest, cancellationToken);
        if (reader is null)
        {
            return false;
        }

        await using var writer = await to.CreateAsync(digest, cancellationToken);
        await reader.CopyToAsync(writer, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return true;
    }
}
