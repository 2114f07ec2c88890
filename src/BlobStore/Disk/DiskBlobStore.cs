using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// Blobs as files of a locked store directory, named by their content and never changed. A write is verified on its way into
/// a temporary file and becomes visible by a rename. The size limit evicts the least recently used; that order survives a
/// restart, and nothing is scanned before the first answer.
/// <para>Durability: see <see cref="DiskBlobStoreOptions.SyncBlobs"/>.</para>
/// </summary>
public sealed partial class DiskBlobStore : IOwnedBlobStore, IAsyncDisposable
{
    // Up to here a blob is verified when it is opened, whatever part of it is read.
    private const long VerifyWholeUpTo = 256 * 1024;

    private readonly StoreDirectory _directory;
    private readonly DiskBlobStoreOptions _options;
    private readonly ILogger _logger;
    private readonly LruFiles _files;
    private readonly BlobVerifier _verifier = new();
    private readonly GenerationalMap<string, bool> _foldersMade = new(capacity: 1024);

    private DiskBlobStore(StoreDirectory directory, DiskBlobStoreOptions options, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _options = options;
        _logger = logger;
        _files = LruFiles.Open(
            directory, new LruFilesOptions { Name = "blobs", MaxBytes = options.MaxBytes, MinimumLifetime = options.MinimumLifetime }, time, logger);
        _files.Gone = _verifier.Forget;
    }

    /// <summary>Space that the blobs take, in bytes; after a crash a guess until <see cref="Reconciled"/>.</summary>
    public long UsedBytes => _files.UsedBytes;

    /// <summary>Files looked at by scanning folders since the start: 0 for ever after an orderly stop.</summary>
    public long FilesExamined => _files.FilesExamined;

    /// <summary>Files evicted since the start.</summary>
    public long FilesEvicted => _files.FilesEvicted;

    /// <summary>Completes when the index and the disk agree: at once after an orderly stop, in the background after a crash.</summary>
    public Task Reconciled => _files.Reconciled;

    /// <summary>Opens the store in <paramref name="directory"/>, which outlives it. Takes milliseconds, whatever is stored.</summary>
    public static DiskBlobStore Open(
        StoreDirectory directory, DiskBlobStoreOptions options, TimeProvider time, ILogger<DiskBlobStore> logger) =>
        new(directory, options, time, logger);

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            return MemoryBlobReader.Empty;
        }

        var name = BlobFileName.Of(digest);
        var file = _files.TryOpen(name, digest.SizeBytes, out var use);
        if (file is null)
        {
            return null;
        }

        if (use)
        {
            await _files.UsedAsync(name);
        }

        if (MustVerify(name))
        {
            if (digest.SizeBytes > VerifyWholeUpTo)
            {
                return new DiskBlobReader(file, digest, this, _verifier.VerifyBeside(name, digest, _files.PathOf(name)));
            }

            if (!_verifier.VerifyNow(name, digest, file))
            {
                file.Dispose();
                await DropCorruptAsync(digest);
                return null;
            }
        }

        return new DiskBlobReader(file, digest, this, verification: null);
    }

    /// <inheritdoc />
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await TouchIfPresentAsync(BlobFileName.Of(digest), digest))
        {
            return new PresentBlobWriter(digest);
        }

        // A client that announces much and brings nothing takes no more than this from others.
        var first = Math.Min(digest.SizeBytes, DiskBlobWriter.Ahead);
        var room = await _files.AnnounceAsync(digest.SizeBytes, first, cancellationToken);
        try
        {
            return new DiskBlobWriter(digest, NewFile(digest, TemporaryFile.DataMode, first), room, this);
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        List<Digest>? missing = null;
        foreach (var digest in digests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await TouchIfPresentAsync(BlobFileName.Of(digest), digest))
            {
                (missing ??= []).Add(digest);
            }
        }

        return missing ?? (IReadOnlyList<Digest>)[];
    }

    /// <summary>Whether there is a file of the blob, of which this is no use.</summary>
    internal bool Holds(in Digest digest) => _files.IsPresent(BlobFileName.Of(digest), digest.SizeBytes);

    /// <summary>Puts something else under the same limit.</summary>
    internal void Share(ISharedSpace beside) => _files.Beside = beside;

    /// <summary>Sets exactly so much room aside for what is no file.</summary>
    internal ValueTask<LruFiles.Room> ReserveSpaceAsync(long bytes, CancellationToken cancellationToken) =>
        _files.ReserveSpaceAsync(bytes, bytes, cancellationToken);

    /// <summary>Completes when the index has everything that was told so far.</summary>
    public Task FlushIndexAsync() => _files.FlushAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _files.DisposeAsync();
        _verifier.Dispose();
    }

    /// <summary>Gives a finished temporary file its name, unless another writer was first.</summary>
    /// <param name="digest">What the file has been verified to hold.</param>
    /// <param name="executable">The executable twin.</param>
    /// <param name="file">The file, written to its end.</param>
    /// <param name="room">The reservation, which ends when the file is counted.</param>
    internal async ValueTask PublishAsync(Digest digest, bool executable, TemporaryFile file, LruFiles.Room? room)
    {
        if (_options.SyncBlobs)
        {
            RandomAccess.FlushToDisk(file.Handle);
        }

        var name = BlobFileName.Of(digest, executable);
        MakeFolderOf(name);
        lock (_files.LockOf(name))
        {
            _files.Touch(name);
            if (!_files.IsPresent(name, digest.SizeBytes))
            {
                file.MoveTo(_files.PathOf(name));
            }
        }

        _verifier.MarkVerified(name);
        room?.Dispose();
        await _files.AddedAsync(name, digest.SizeBytes);
    }

    /// <summary>Removes a blob whose bytes are wrong.</summary>
    internal async ValueTask<CorruptBlobException> DropCorruptAsync(Digest digest)
    {
        Interlocked.Increment(ref _corrupt);
        LogCorrupt(digest, _files.Root);
        await _files.RemoveAsync(BlobFileName.Of(digest));
        return new CorruptBlobException(digest, _files.Root);
    }

    internal BlobStoreFullException DiskFull(Digest digest, IOException cause) =>
        new($"The disk of {_directory.Root} is full; blob {digest} was not stored. Free some space, or lower the store's size limit.", cause);

    private bool MustVerify(string name) => _options.ReadVerification == ReadVerification.FirstRead && !_verifier.IsVerified(name);

    private ValueTask<bool> TouchIfPresentAsync(string name, Digest digest) =>
        digest.IsEmptyBlob ? ValueTask.FromResult(true) : TouchIfFileAsync(name, digest);

    private TemporaryFile NewFile(Digest digest, UnixFileMode mode) => NewFile(digest, mode, digest.SizeBytes);

    private TemporaryFile NewFile(Digest digest, UnixFileMode mode, long expectedBytes)
    {
        try
        {
            return TemporaryFile.Create(_directory, mode, expectedBytes);
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw DiskFull(digest, e);
        }
    }

    private void MakeFolderOf(string name)
    {
        var folder = name[..name.LastIndexOf('/')];
        if (!_foldersMade.TryGet(folder, out _))
        {
            Directory.CreateDirectory(_files.PathOf(folder));
            _foldersMade.Set(folder, true);
        }
    }

    [LoggerMessage(EventId = 211, Level = LogLevel.Error, Message = "blob {Digest} in {Root} does not match its digest and was dropped; check the disk")]
    private partial void LogCorrupt(Digest digest, string root);
}
