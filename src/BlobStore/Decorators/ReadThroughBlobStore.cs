using BuildFarm.BlobStore.Tiers;
using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// A worker's own files in front of the farm's cache: what is missing here is fetched once, however many ask, and then
/// served from the disk, so that inputs are hard links and not copies. What is written goes to both, and whether a blob
/// exists is the cache's word alone, because others read it there.
/// </summary>
public sealed class ReadThroughBlobStore : IFileBlobStore
{
    private readonly IFileBlobStore _local;
    private readonly IBlobStore _remote;
    private readonly RemoteOutage? _outage;
    private readonly SingleFlight<Digest, bool> _fetches;
    private readonly ParallelFetch _fetch;
    private readonly GatheredUpload _upload;

    /// <summary>Of two stores.</summary>
    /// <param name="local">The files of this machine; may forget anything at any time.</param>
    /// <param name="remote">The cache that everything shares.</param>
    /// <param name="outage">Waits while the cache is away; null for not at all.</param>
    public ReadThroughBlobStore(IFileBlobStore local, IBlobStore remote, RemoteOutage? outage = null)
    {
        (_local, _remote, _outage) = (local, remote, outage);
        _fetches = new SingleFlight<Digest, bool>(FetchOnceAsync);
        _fetch = new ParallelFetch(local, _fetches.RunAsync, FetchManyAsync);
        _upload = new GatheredUpload(
            local, remote, (what, step) => OutlastAsync(what, step, CancellationToken.None), (what, step) => OutlastAsync(what, step, CancellationToken.None));
    }

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await _local.OpenAsync(digest, cancellationToken) is { } reader)
        {
            return reader;
        }

        try
        {
            return await _fetches.RunAsync(digest, cancellationToken)
                ? await _local.OpenAsync(digest, cancellationToken) ?? await _remote.OpenAsync(digest, cancellationToken)
                : null;
        }
        catch (BlobStoreFullException)
        {
            // Reading needs no room here.
            return await _remote.OpenAsync(digest, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) =>
        new WriteThroughWriter(digest, await _local.CreateAsync(digest, cancellationToken), _upload);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        OutlastAsync($"the search for {digests?.Count} blobs", () => _remote.FindMissingAsync(digests!, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var missing = await FindMissingAsync(digests, cancellationToken);
        if (missing.Count == 0)
        {
            await _fetch.RunAsync(digests, cancellationToken);
        }

        return missing;
    }

    /// <inheritdoc />
    public async ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken) =>
        await _local.TryLinkAsync(digest, executable, path, cancellationToken)
        || (await _fetches.RunAsync(digest, cancellationToken)
            && await _local.TryLinkAsync(digest, executable, path, cancellationToken));

    /// <inheritdoc />
    public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken)
    {
        var digest = await _local.AddFileAsync(file, function, cancellationToken);
        await _upload.RunAsync(digest, cancellationToken);
        return digest;
    }

    private ValueTask<T> OutlastAsync<T>(string what, Func<ValueTask<T>> step, CancellationToken cancellationToken) =>
        _outage is null ? step() : new ValueTask<T>(_outage.OutlastAsync(what, step, cancellationToken));

    // Whoever looked before the last fetch ended, and asks after it, needs no other.
    private async Task<bool> FetchOnceAsync(Digest digest) =>
        await _local.ContainsAsync(digest, CancellationToken.None)
        || await OutlastAsync($"blob {digest}", () => CopyFromRemoteAsync(digest), CancellationToken.None);

    private async Task FetchManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        var answers = await OutlastAsync($"{digests.Count} blobs", () => _remote.GetManyAsync(digests, cancellationToken), cancellationToken);
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Content is { } content)
            {
                await using var writer = await _local.CreateAsync(digests[i], cancellationToken);
                await writer.WriteAsync(content, cancellationToken);
                await writer.CommitAsync(cancellationToken);
            }
        }
    }

    private async ValueTask<bool> CopyFromRemoteAsync(Digest digest)
    {
        await using var reader = await _remote.OpenAsync(digest, CancellationToken.None);
        if (reader is null)
        {
            return false;
        }

        await using var writer = await _local.CreateAsync(digest, CancellationToken.None);
        await reader.CopyToAsync(writer, CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        return true;
    }

    private sealed class WriteThroughWriter(Digest digest, BlobWriter inner, GatheredUpload upload) : BlobWriter
    {
        public override long Written => inner.Written;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            inner.WriteAsync(bytes, cancellationToken);

        public override async ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            await inner.CommitAsync(cancellationToken);
            await upload.RunAsync(digest, cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
