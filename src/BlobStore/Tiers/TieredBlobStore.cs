using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// A nearer store in front of a farther one. A read that only the farther one can answer brings the blob nearer, once however
/// many ask; a blob of either is present; a write is in the farther one before it is acknowledged, unless
/// <see cref="TierWrites"/> says otherwise. While the farther one is down, what is near is read and known.
/// </summary>
public sealed partial class TieredBlobStore : IBatchBlobStore, IHashIndex, IAsyncDisposable
{
    private readonly IBlobStore _near;
    private readonly IBlobStore _far;
    private readonly TierWrites _writes;
    private readonly long _largestNear;
    private readonly FarCopies? _copies;
    private readonly SingleFlight<Digest, bool> _fetches;

    /// <param name="near">May forget anything at any time.</param>
    /// <param name="far">The one that lasts.</param>
    /// <param name="writes">When <paramref name="far"/> gets what is written.</param>
    /// <param name="largestNear">Bytes of the largest blob that the nearer store keeps.</param>
    /// <param name="confirmEvery">How often it is asked, behind, whether the farther store still has what is used here.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what does not reach the farther store.</param>
    public TieredBlobStore(
        IBlobStore near, IBlobStore far, TierWrites writes, long largestNear, TimeSpan confirmEvery, TimeProvider time, ILogger<TieredBlobStore> logger)
    {
        _near = near;
        _far = far;
        _writes = writes;
        _largestNear = largestNear;
        _copies = writes == TierWrites.Never ? null : new FarCopies(near, far, confirmEvery, time, logger);
        _fetches = new SingleFlight<Digest, bool>(FetchOnceAsync);
    }

    /// <summary>Blobs that are acknowledged and not in the farther store yet.</summary>
    public int WaitingCopies => _copies?.Count ?? 0;

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The nearer store does not have it and the farther one does not answer.</exception>
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await OpenNearAsync(digest, cancellationToken) is { } reader)
        {
            return reader;
        }

        return digest.SizeBytes > _largestNear
            ? await _far.OpenAsync(digest, cancellationToken)
            : await FetchAsync(digest, cancellationToken)
                ? await OpenNearAsync(digest, cancellationToken) ?? await _far.OpenAsync(digest, cancellationToken)
                : null;
    }

    /// <summary>Brings a blob into the nearer store, if it can take it; false when the farther one does not have it.</summary>
    public Task<bool> FetchAsync(Digest digest, CancellationToken cancellationToken) => _fetches.RunAsync(digest, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The farther store does not answer, and has to.</exception>
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        var near = await CreateNearAsync(digest, cancellationToken);
        try
        {
            if (near is null && _writes == TierWrites.Never)
            {
                throw new BlobStoreFullException($"Blob {digest} is too large for the nearer tier, and the farther one is not written to. Raise the nearer one's limit.");
            }

            var far = near is not null && _writes != TierWrites.Through ? null : await _far.CreateAsync(digest, cancellationToken);
            return new TieredBlobWriter(digest, near, far, this);
        }
        catch when (near is not null)
        {
            await near.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes sure that the farther store gets a blob of the nearer one, as a write would.</summary>
    /// <exception cref="BlobStoreUnavailableException">It does not answer, and has to.</exception>
    public async ValueTask PushAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (_writes == TierWrites.Never || digest.IsEmptyBlob || (_writes == TierWrites.Behind && _copies!.TryAdd(digest)))
        {
            return;
        }

        if (!await _far.ContainsAsync(digest, cancellationToken) && !await BlobCopy.RunAsync(digest, _near, _far, cancellationToken))
        {
            throw new MissingBlobException(digest);
        }

        _copies!.Confirm(digest);
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The farther store does not answer, and what the nearer one lacks may be there.</exception>
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var absent = await FindMissingNearAsync(digests, cancellationToken);
        if (_copies is not null && absent.Count < digests.Count)
        {
            var notHere = absent.ToHashSet();
            foreach (var digest in digests.Where(digest => !digest.IsEmptyBlob && !notHere.Contains(digest)))
            {
                _copies.Used(digest);
            }
        }

        if (absent.Count == 0)
        {
            return [];
        }

        try
        {
            return await _far.FindMissingAsync(absent, cancellationToken);
        }
        catch (BlobStoreUnavailableException) when (_writes == TierWrites.Behind)
        {
            // Whoever is told that it is missing can store it here.
            return absent;
        }
    }

    /// <inheritdoc />
    public async ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken) =>
        await _near.FindByHashAsync(named, cancellationToken) ?? await _far.FindByHashAsync(named, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _copies?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A write is in the nearer store alone.</summary>
    internal async ValueTask CommittedNearAsync(Digest digest, CancellationToken cancellationToken) => await PushAsync(digest, cancellationToken);

    /// <summary>A write is in the farther store.</summary>
    internal void CommittedFar(Digest digest) => _copies?.Confirm(digest);

    private async ValueTask<BlobReader?> OpenNearAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            var reader = await _near.OpenAsync(digest, cancellationToken);
            if (reader is not null && !digest.IsEmptyBlob)
            {
                _copies?.Used(digest);
            }

            return reader;
        }
        catch (BlobStoreUnavailableException)
        {
            return null;
        }
    }

    private async ValueTask<BlobWriter?> CreateNearAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.SizeBytes > _largestNear)
        {
            return null;
        }

        try
        {
            return await _near.CreateAsync(digest, cancellationToken);
        }
        catch (Exception e) when (e is BlobStoreFullException or BlobStoreUnavailableException && _writes != TierWrites.Never)
        {
            return null;
        }
    }

    private async ValueTask<IReadOnlyList<Digest>> FindMissingNearAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        try
        {
            return await _near.FindMissingAsync(digests, cancellationToken);
        }
        catch (BlobStoreUnavailableException)
        {
            return [.. digests];
        }
    }

    private async Task<bool> FetchOnceAsync(Digest digest)
    {
        // Whoever looked before the last fetch ended, and asks after it, needs no other.
        if ((await FindMissingNearAsync([digest], CancellationToken.None)).Count == 0)
        {
            return true;
        }

        await using var reader = await _far.OpenAsync(digest, CancellationToken.None);
        if (reader is null)
        {
            return false;
        }

        try
        {
            await using var writer = await _near.CreateAsync(digest, CancellationToken.None);
            await reader.CopyToAsync(writer, CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
            _copies?.Confirm(digest);
            StoreMetrics.Fetched.Add(1);
        }
        catch (Exception e) when (e is BlobStoreFullException or BlobStoreUnavailableException)
        {
            // Reading needs no room here. Whichever store it was that went: who asked reads from the farther one, and hears.
        }

        return true;
    }
}
