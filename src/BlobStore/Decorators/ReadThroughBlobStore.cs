using System.Collections.Concurrent;
using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// A worker's own files in front of the farm's cache: what is missing here is fetched once, however many ask, and then
/// served from the disk, so that inputs are hard links and not copies. What is written goes to both, and whether a blob
/// exists is the cache's word alone, because others read it there.
/// </summary>
/// <param name="local">The files of this machine; may forget anything at any time.</param>
/// <param name="remote">The cache that everything shares.</param>
public sealed class ReadThroughBlobStore(IFileBlobStore local, IBlobStore remote) : IFileBlobStore
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task<bool>>> _fetching = new();

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await local.OpenAsync(digest, cancellationToken) is { } reader)
        {
            return reader;
        }

        try
        {
            return await FetchAsync(digest).WaitAsync(cancellationToken)
                ? await local.OpenAsync(digest, cancellationToken) ?? await remote.OpenAsync(digest, cancellationToken)
                : null;
        }
        catch (BlobStoreFullException)
        {
            // Reading needs no room here.
            return await remote.OpenAsync(digest, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) =>
        new WriteThroughWriter(digest, await local.CreateAsync(digest, cancellationToken), this);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        remote.FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken) =>
        await local.TryLinkAsync(digest, executable, path, cancellationToken)
        || (await FetchAsync(digest).WaitAsync(cancellationToken)
            && await local.TryLinkAsync(digest, executable, path, cancellationToken));

    /// <inheritdoc />
    public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var digest = await local.AddFileAsync(file, cancellationToken);
        await UploadAsync(digest, cancellationToken);
        return digest;
    }

    // Shared by all who ask, so no single caller's cancellation ends it.
    private Task<bool> FetchAsync(Digest digest) =>
        _fetching.GetOrAdd(digest, key => new Lazy<Task<bool>>(() => Task.Run(() => FetchOnceAsync(key)))).Value;

    private async Task<bool> FetchOnceAsync(Digest digest)
    {
        try
        {
            await using var reader = await remote.OpenAsync(digest, CancellationToken.None);
            if (reader is null)
            {
                return false;
            }

            await using var writer = await local.CreateAsync(digest, CancellationToken.None);
            await reader.CopyToAsync(writer, CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
            return true;
        }
        finally
        {
            _fetching.TryRemove(digest, out _);
        }
    }

    private async ValueTask UploadAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await remote.ContainsAsync(digest, cancellationToken))
        {
            return;
        }

        await using var reader = await local.OpenAsync(digest, cancellationToken) ?? throw new MissingBlobException(digest);
        await using var writer = await remote.CreateAsync(digest, cancellationToken);
        await reader.CopyToAsync(writer, cancellationToken);
        await writer.CommitAsync(cancellationToken);
    }

    private sealed class WriteThroughWriter(Digest digest, BlobWriter inner, ReadThroughBlobStore store) : BlobWriter
    {
        public override long Written => inner.Written;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            inner.WriteAsync(bytes, cancellationToken);

        public override async ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            await inner.CommitAsync(cancellationToken);
            await store.UploadAsync(digest, cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
