using BuildFarm.BlobStore;
using BuildFarm.Digests;

namespace BuildFarm.Worker.Outputs;

/// <summary>Sends blobs of the local store that the CAS lacks. Does nothing when the two are one.</summary>
internal sealed class BlobUploader(IFileBlobStore local, IBlobStore cas)
{
    private const int Concurrency = 8;

    public async Task UploadAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(local, cas) || digests.Count == 0)
            return;
        var missing = await cas.FindMissingAsync(digests, cancellationToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, options, async (digest, cancellation) =>
        {
            await using var reader = await local.OpenAsync(digest, cancellation) ?? throw new MissingBlobException(digest);
            await using var writer = await cas.CreateAsync(digest, cancellation);
            await reader.CopyToAsync(writer, cancellation);
            await writer.CommitAsync(cancellation);
        });
    }
}
