using System.Collections.Concurrent;
using BuildFarm.BlobStore;
using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Brings blobs of the CAS to the local store. Does nothing when the two are one, as in an embedded farm.</summary>
internal sealed class BlobFetcher(IFileBlobStore local, IBlobStore cas)
{
    private const int Concurrency = 8;

    /// <summary>Makes every blob local.</summary>
    /// <exception cref="MissingInputsException">The CAS lacks some: all of them are named.</exception>
    public async Task FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var absent = await local.FindMissingAsync(digests, cancellationToken);
        if (absent.Count == 0)
            return;
        var missing = new ConcurrentBag<Digest>(ReferenceEquals(local, cas) ? absent : []);
        if (missing.IsEmpty)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(absent, options, async (digest, cancellation) =>
            {
                if (!await TryCopyAsync(digest, cancellation))
                    missing.Add(digest);
            });
        }

        if (!missing.IsEmpty)
            throw new MissingInputsException([.. missing], "inputs");
    }

    private async ValueTask<bool> TryCopyAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var reader = await cas.OpenAsync(digest, cancellationToken);
        if (reader is null)
            return false;
        await using var writer = await local.CreateAsync(digest, cancellationToken);
        await reader.CopyToAsync(writer, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return true;
    }
}
