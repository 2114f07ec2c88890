using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.Hosting.Configuration;

namespace BuildFarm.Cache;

/// <summary>What the cache keeps where, and what clients may do.</summary>
public sealed class CacheOptions : ICheckedOptions
{
    private const long Smallest = 1 << 20;

    /// <summary>Folder of the stores: blobs, results and logs. Required.</summary>
    public string Directory { get; set; } = "";

    /// <summary>
    /// The tiers of blobs and results, the nearest first: <c>--Cache:Tiers:0:Kind memory --Cache:Tiers:1:Kind disk --Cache:Tiers:2:Kind s3
    /// --Cache:Tiers:2:S3:Bucket NAME</c>. None: the disk alone. docs/operations.md has them all.
    /// </summary>
    public IReadOnlyList<TierOptions> Tiers { get; set; } = [];

    /// <summary>Space for blobs, in bytes.</summary>
    public long MaxBlobBytes { get; set; } = 20L << 30;

    /// <summary>Blobs of up to so many bytes lie many to a file; 0 gives each a file of its own.</summary>
    public int PackBlobsUpTo { get; set; } = 4096;

    /// <summary>Space for action results, in bytes.</summary>
    public long MaxActionBytes { get; set; } = 2L << 30;

    /// <summary>Space for keys of the HTTP cache, in bytes; what they name counts as blobs.</summary>
    public long MaxKeyBytes { get; set; } = 1L << 30;

    /// <summary>Space for finished log streams, in bytes.</summary>
    public long MaxLogBytes { get; set; } = 5L << 30;

    /// <summary>Bytes that one log stream may have.</summary>
    public long MaxLogStreamBytes { get; set; } = 1L << 30;

    /// <summary>
    /// A blob that was written, found or read within this time is not evicted, nor are the blobs of a result that was a hit: clients and tasks
    /// count on them. When only such blobs are left, uploads are RESOURCE_EXHAUSTED and reads go on. Zero: whatever is oldest may go.
    /// </summary>
    public TimeSpan MinimumBlobLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Every blob on the disk is compared with its digest once in this time, in the background. Zero: only what is read is.</summary>
    public TimeSpan VerifyPeriod { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Bytes that this verification reads in a second at the most.</summary>
    public long VerifyBytesPerSecond { get; set; } = 8L << 20;

    /// <summary>Compares stored bytes with their digest at the first read in a process. Off only over a disk that checks for itself.</summary>
    public bool VerifyReads { get; set; } = true;

    /// <summary>Forces every blob and result to the disk before it is acknowledged.</summary>
    public bool Sync { get; set; }

    /// <summary>
    /// Clients may assert results (<c>UpdateActionResult</c>, and over HTTP results and keys). Off unless asked for: who may write results decides what
    /// everybody else's builds contain.
    /// </summary>
    public bool AllowClientUpdates { get; set; }

    /// <summary>
    /// File with the key by which the cache knows the coordinator that may write executed results; empty: there is none, or it
    /// is in this process.
    /// </summary>
    public string CoordinatorKeyFile { get; set; } = "";

    /// <summary>The server runs Actions too, and says so in its capabilities.</summary>
    public bool ExecutionEnabled { get; set; }

    /// <summary>
    /// Environment of every instance, for a cache without workers; null where the environment comes from the workers through
    /// <see cref="InstanceEnvironments"/>.
    /// </summary>
    public string? Environment { get; set; }

    /// <summary>How long an interrupted upload can be resumed. Until then it holds the blob's room, unless a new upload needs it.</summary>
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Interrupted uploads kept at once; the oldest go first.</summary>
    public int MaxInterruptedUploads { get; set; } = 256;

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (Directory.Length == 0)
        {
            yield return $"{nameof(Directory)}: name the folder that the cache keeps its files in";
        }

        foreach (var (name, bytes) in new[] { (nameof(MaxBlobBytes), MaxBlobBytes), (nameof(MaxActionBytes), MaxActionBytes), (nameof(MaxKeyBytes), MaxKeyBytes), (nameof(MaxLogBytes), MaxLogBytes), (nameof(MaxLogStreamBytes), MaxLogStreamBytes) })
        {
            if (bytes < Smallest)
            {
                yield return $"{name}: {bytes} bytes are too few; at least {Smallest}";
            }
        }

        foreach (var line in TierOptions.FindProblems(Tiers))
        {
            yield return $"{nameof(Tiers)}:{line}";
        }

        if (MinimumBlobLifetime < TimeSpan.Zero)
        {
            yield return $"{nameof(MinimumBlobLifetime)}: {MinimumBlobLifetime} is no time";
        }

        if (VerifyPeriod < TimeSpan.Zero || VerifyBytesPerSecond <= 0)
        {
            yield return $"{nameof(VerifyPeriod)}: {VerifyPeriod} at {VerifyBytesPerSecond} bytes/s is no way to verify; write zero for never";
        }

        if (PackBlobsUpTo is < 0 or > 32768)
        {
            yield return $"{nameof(PackBlobsUpTo)}: {PackBlobsUpTo} is out of range; 0 to 32768 bytes";
        }

        if (CoordinatorKeyFile.Length > 0 && KeyFile.FindProblem(CoordinatorKeyFile) is { } problem)
        {
            yield return $"{nameof(CoordinatorKeyFile)}: {problem}";
        }

        if (UploadLifetime <= TimeSpan.Zero)
        {
            yield return $"{nameof(UploadLifetime)}: {UploadLifetime} is no time";
        }

        if (MaxInterruptedUploads < 0)
        {
            yield return $"{nameof(MaxInterruptedUploads)}: {MaxInterruptedUploads} is less than none";
        }
    }

    internal string ReadCoordinatorKey() => KeyFile.Read(CoordinatorKeyFile);

    internal BlobStoreOptions ToStoreOptions() => new()
    {
        Directory = Directory,
        Tiers = Tiers,
        Blobs = new DiskBlobStoreOptions
        {
            MaxBytes = MaxBlobBytes,
            PackUpTo = PackBlobsUpTo,
            MinimumLifetime = MinimumBlobLifetime,
            ReadVerification = VerifyReads ? ReadVerification.FirstRead : ReadVerification.Never,
            SyncBlobs = Sync,
        },
        Actions = new DiskActionCacheOptions { MaxBytes = MaxActionBytes, SyncEntries = Sync },
        MaxKeyBytes = MaxKeyBytes,
        Logs = new DiskLogStoreOptions { MaxBytes = MaxLogBytes, MaxStreamBytes = MaxLogStreamBytes },
    };
}
