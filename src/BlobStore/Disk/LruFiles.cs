using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// A tree of immutable files with a limit on the space they take, the least recently used going first. It answers at once
/// after a start, whatever it holds: who wants a file opens it by name, and only eviction asks the index. One task owns the
/// index (see <c>LruFiles.Owner.cs</c>) and learns of uses through a bounded channel, so that the order survives a restart.
/// </summary>
internal sealed partial class LruFiles : IAsyncDisposable
{
    private const int Stripes = 64;
    private const int BlockBytes = 4096;

    // A use is written down again only after this long; the order of eviction needs no more.
    private static readonly TimeSpan TouchInterval = TimeSpan.FromSeconds(30);

    private readonly Lock[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Lock())];
    private readonly GenerationalMap<string, long> _recentUses = new(capacity: 32 * 1024);
    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(
        new BoundedChannelOptions(16 * 1024) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly CancellationTokenSource _stop = new();
    private readonly LruFilesOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _indexPath;
    private readonly Task _owner;
    private readonly Task _reconciler;
    private readonly ITimer? _ageTimer;
    private FileIndex _index;
    private long _indexedBytes;
    private long _unindexedBytes;
    private long _filesExamined;
    private long _filesEvicted;
    private bool _indexIsWhole;

    private LruFiles(StoreDirectory directory, LruFilesOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        Root = directory.Folder(options.Name);
        _indexPath = Path.Combine(directory.Root, options.Name + ".index");
        _index = FileIndex.Open(_indexPath, options.RememberGone);
        _indexedBytes = _index.TotalBytes;
        _indexIsWhole = _index.WasClosedCleanly || !Directory.EnumerateFileSystemEntries(Root).Any();
        _owner = Task.Run(OwnIndexAsync);
        _reconciler = _indexIsWhole ? Task.CompletedTask : Task.Run(ReconcileAsync);
        _ageTimer = options.MaxAge is null ? null : time.CreateTimer(AskForAgeSweep, null, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
    }

    /// <summary>Absolute path of the tree.</summary>
    public string Root { get; }

    /// <summary>Called with the name of a file that has gone, whoever removed it.</summary>
    public Action<string>? Gone { get; set; }

    /// <summary>What else lives under the limit; set before anything is written.</summary>
    public ISharedSpace? Beside { get; set; }

    /// <summary>Space that the files take, in bytes; after a crash a guess until <see cref="Reconciled"/>.</summary>
    public long UsedBytes => Volatile.Read(ref _indexedBytes) + Volatile.Read(ref _unindexedBytes);

    /// <summary>Files looked at by scanning folders since the start; a start after an orderly stop scans none.</summary>
    public long FilesExamined => Volatile.Read(ref _filesExamined);

    /// <summary>Files evicted since the start.</summary>
    public long FilesEvicted => Volatile.Read(ref _filesEvicted);

    /// <summary>Completes when index and disk agree.</summary>
    public Task Reconciled => _reconciler;

    public static LruFiles Open(StoreDirectory directory, LruFilesOptions options, TimeProvider time, ILogger logger) =>
        new(directory, options, time, logger);

    /// <summary>Where the file of that name is, or would be.</summary>
    public string PathOf(string name) => $"{Root}/{name}";

    /// <summary>
    /// What looks at a file and depends on the answer, or gives or takes its name, holds this lock meanwhile (never across
    /// an await): eviction holds it too.
    /// </summary>
    public Lock LockOf(string name) => _stripes[(uint)name.GetHashCode(StringComparison.Ordinal) % Stripes];

    /// <summary>Space that a file of this size takes.</summary>
    public static long Occupied(long sizeBytes) => (sizeBytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>A file has got its name.</summary>
    public ValueTask AddedAsync(string name, long sizeBytes)
    {
        var bytes = Occupied(sizeBytes);
        var now = Now();
        _recentUses.Set(name, now);
        Interlocked.Add(ref _unindexedBytes, bytes);
        return _requests.Writer.WriteAsync(Request.Of(new FileChange(FileChangeKind.Added, name, bytes, now)), _stop.Token);
    }

    /// <summary>
    /// Keeps a file from being the next to go. Called before looking whether it is there: once it has been seen under
    /// <see cref="LockOf"/>, eviction knows of the use.
    /// </summary>
    /// <returns>True when the use is worth writing down with <see cref="UsedAsync"/>.</returns>
    public bool Touch(string name)
    {
        var now = Now();
        if (_recentUses.TryGet(name, out var before) && now - before < TouchInterval.TotalMilliseconds)
        {
            return false;
        }

        _recentUses.Set(name, now);
        return true;
    }

    /// <summary>Whether there is a file of that name and length.</summary>
    public bool IsPresent(string name, long sizeBytes)
    {
        var file = new FileInfo(PathOf(name));
        return file.Exists && file.Length == sizeBytes;
    }

    /// <summary>Opens a file for reading; null when there is none of that name and length.</summary>
    /// <param name="name">The file.</param>
    /// <param name="sizeBytes">What it must have; a torn file has not.</param>
    /// <param name="use">The use is worth writing down with <see cref="UsedAsync"/>.</param>
    public SafeFileHandle? TryOpen(string name, long sizeBytes, out bool use)
    {
        use = false;
        var file = NativeFile.TryOpen(PathOf(name));
        if (file is null)
        {
            return null;
        }

        if (RandomAccess.GetLength(file) != sizeBytes)
        {
            file.Dispose();
            return null;
        }

        use = Touch(name);
        return file;
    }

    /// <summary>Writes down the use of a file that exists.</summary>
    public ValueTask UsedAsync(string name) =>
        _requests.Writer.WriteAsync(Request.Of(new FileChange(FileChangeKind.Touched, name, 0, Now())), _stop.Token);

    /// <summary>Removes a file.</summary>
    public async ValueTask RemoveAsync(string name) => await RemoveIfAsync(name, static () => true);

    /// <summary>Removes a file for which this holds while nobody can replace it.</summary>
    /// <returns>Whether it did.</returns>
    public async ValueTask<bool> RemoveIfAsync(string name, Func<bool> condition)
    {
        lock (LockOf(name))
        {
            if (!condition())
            {
                return false;
            }

            DeleteIfThere(name);
        }

        Gone?.Invoke(name);
        await _requests.Writer.WriteAsync(Request.Of(new FileChange(FileChangeKind.Removed, name, 0, 0)), _stop.Token);
        return true;
    }

    /// <summary>Whether a file of that name was here and went, as far as <see cref="LruFilesOptions.RememberGone"/> goes.</summary>
    public async ValueTask<bool> IsGoneAsync(string name)
    {
        var known = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(Request.WasRemoved(name, known), _stop.Token);
        return await known.Task;
    }

    /// <summary>Completes when everything told so far is in the index.</summary>
    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(Request.Flush(done), _stop.Token);
        await done.Task;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_ageTimer is not null)
        {
            await _ageTimer.DisposeAsync();
        }

        if (!_requests.Writer.TryComplete())
        {
            return;
        }

        await _stop.CancelAsync();
        await _owner;
        await _reconciler;
        _stop.Dispose();
    }

    private void DeleteIfThere(string name)
    {
        try
        {
            File.Delete(PathOf(name));
        }
        catch (DirectoryNotFoundException)
        {
            // Then the file is gone too.
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private long ClaimedBytes => UsedBytes + (Beside?.UsedBytes ?? 0);

    private long Overflow() => ClaimedBytes + Volatile.Read(ref _reservedBytes) - _options.MaxBytes;

    private void AskForAgeSweep(object? state) => _requests.Writer.TryWrite(Request.AgeSweep());
}
