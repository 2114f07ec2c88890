using System.Buffers;
using System.Globalization;
using BuildFarm.BlobStore.Disk;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// The disk store with its small blobs in packs: a file of its own costs each of them a block of 4 KiB and an inode. One that is asked for
/// as a file becomes one, and stays one: what is an input once is an input again. An executable one stays packed beside its file, which is no
/// more than that to read. Both share one limit and one order of use.
/// </summary>
public sealed class PackingBlobStore : IOwnedBlobStore, IAsyncDisposable
{
    private const string PackPart = "packs/";
    private const int PacksInAStore = 64;
    private const long SmallestPack = 64 << 10;
    private const long LargestPack = 32 << 20;

    private readonly DiskBlobStore _files;
    private readonly PackedBlobs _packs;
    private readonly int _packUpTo;

    private PackingBlobStore(DiskBlobStore files, PackedBlobs packs, int packUpTo, long maxBytes)
    {
        MaxBytes = maxBytes;
        _files = files;
        _packs = packs;
        _packUpTo = packUpTo;
        files.Share(packs);
    }

    /// <summary>Opens the store in <paramref name="directory"/>, which outlives it. Takes a fraction of a second for a million small blobs.</summary>
    /// <param name="directory">Holds both kinds.</param>
    /// <param name="options">One limit for both. Part of it is kept free for copying packs together, so that it always holds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For both.</param>
    public static PackingBlobStore Open(StoreDirectory directory, DiskBlobStoreOptions options, TimeProvider time, ILogger<DiskBlobStore> logger)
    {
        var packBytes = Math.Clamp(options.MaxBytes / PacksInAStore, SmallestPack, LargestPack);
        var files = DiskBlobStore.Open(directory, options with { MaxBytes = Math.Max(options.MaxBytes - packBytes, 1) }, time, logger);
        var packs = PackedBlobs.Open(
            directory,
            new PackedBlobsOptions
            {
                LargestBytes = options.PackUpTo,
                MaxBlobs = options.MaxPackedBlobs,
                PackBytes = packBytes,
                VerifiesReads = options.ReadVerification != ReadVerification.Never,
                Sync = options.SyncBlobs,
            },
            time,
            logger);
        return new PackingBlobStore(files, packs, Math.Min(options.PackUpTo, PackFormat.LargestBlob), options.MaxBytes);
    }

    /// <summary>The blobs that are files.</summary>
    public DiskBlobStore Files => _files;

    /// <summary>The blobs that are not.</summary>
    internal PackedBlobs Packs => _packs;

    /// <summary>Space that all blobs take on the disk, in bytes.</summary>
    public long UsedBytes => _files.UsedBytes + _packs.UsedBytes;

    /// <summary>Space that they may take, in bytes.</summary>
    public long MaxBytes { get; }

    /// <summary>Blobs that are in packs.</summary>
    public long PackedCount => _packs.Count;

    /// <summary>Bytes of the packs, gaps included.</summary>
    public long PackBytes => _packs.UsedBytes;

    /// <summary>Packed blobs evicted since the start.</summary>
    public long PackedEvicted => _packs.Evicted;

    /// <summary>Blobs that did not match their digest since the start, files and packed ones; each was dropped.</summary>
    public long Corrupt => _files.Corrupt + _packs.Corrupt;

    /// <summary>Evicts the least recently used until all take at most so many bytes; what is leased stays.</summary>
    public Task EvictToAsync(long bytes) => _files.EvictToAsync(bytes);

    /// <summary>Whether the blob is here, of which this is no use.</summary>
    internal bool Holds(in Digest digest) => digest.IsEmptyBlob || _packs.Holds(digest) || _files.Holds(digest);

    /// <summary>Gives back what the gaps of packs take, as far as it is worth the copying.</summary>
    public void Compact() => _packs.Compact();

    /// <summary>Parts for <see cref="ScrubAsync"/>, in the order of their names.</summary>
    internal IReadOnlyList<string> ScrubParts() =>
        [.. _files.ScrubFolders().Concat(_packs.Numbers.Select(number => PackPart + number.ToString("x8", CultureInfo.InvariantCulture))).Order(StringComparer.Ordinal)];

    /// <summary>Compares the blobs of a part with their digests, and drops what does not match.</summary>
    internal ValueTask<ScrubCount> ScrubAsync(string part, ScrubPace pace, CancellationToken cancellationToken) =>
        part.StartsWith(PackPart, StringComparison.Ordinal)
            ? _packs.ScrubAsync(long.Parse(part.AsSpan(PackPart.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture), pace, cancellationToken)
            : _files.ScrubAsync(part, pace, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _packs.Read(digest) is { } content
            ? ValueTask.FromResult<BlobReader?>(new MemoryBlobReader(content))
            : _files.OpenAsync(digest, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_packs.Touch(digest))
        {
            return new PresentBlobWriter(digest);
        }

        if (!_packs.Takes(digest))
        {
            return await _files.CreateAsync(digest, cancellationToken);
        }

        if (await _files.ContainsAsync(digest, cancellationToken))
        {
            return new PresentBlobWriter(digest);
        }

        return new PackedBlobWriter(digest, await _files.ReserveSpaceAsync(PackedBlobs.BytesOf(digest), cancellationToken), _packs);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<Digest>? others = null;
        _packs.TouchAll(digests, ref others);
        return others is null ? ValueTask.FromResult<IReadOnlyList<Digest>>([]) : _files.FindMissingAsync(others, cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken)
    {
        // What has been an input before is a file by now.
        if (await _files.TryLinkAsync(digest, executable, path, cancellationToken))
        {
            return true;
        }

        if (_packs.Read(digest) is { } content)
        {
            await _files.AddVerifiedAsync(digest, executable, content, cancellationToken);
            if (!executable)
            {
                // Whoever does not find it here any more finds the file.
                _packs.Remove(digest);
            }
        }

        // Also for what another call has taken out of its pack meanwhile.
        return await _files.TryLinkAsync(digest, executable, path, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(file);
        if (length > _packUpTo)
        {
            return await _files.AddFileAsync(file, function, cancellationToken);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(_packUpTo);
        try
        {
            var read = 0;
            int more;
            while (read < length && (more = RandomAccess.Read(file, buffer.AsSpan(read, (int)length - read), read)) > 0)
            {
                read += more;
            }

            return await this.PutBytesAsync(buffer.AsMemory(0, read), function, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc />
    public Digest? FindByHash(Digest named) => _packs.FindByHash(named) ?? _files.FindByHash(named);

    /// <inheritdoc />
    public async ValueTask<Digest> AddAsync(Stream content, long sizeBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (sizeBytes > _packUpTo)
        {
            return await _files.AddAsync(content, sizeBytes, cancellationToken);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(_packUpTo);
        try
        {
            var whole = buffer.AsMemory(0, (int)sizeBytes);
            await content.ReadExactlyAsync(whole, cancellationToken);
            return await this.PutBytesAsync(whole, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _files.DisposeAsync();
        await _packs.DisposeAsync();
    }
}
