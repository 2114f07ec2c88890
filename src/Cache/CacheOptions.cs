using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Logs;
using BuildFarm.Hosting.Configuration;

namespace BuildFarm.Cache;

/// <summary>What the cache keeps where, and what clients may do.</summary>
public sealed class CacheOptions : ICheckedOptions
{
    private const long Smallest = 1 << 20;

    /// <summary>Folder of the stores: blobs, results and logs. Required.</summary>
    public string Directory { get; set; } = "";

    /// <summary>Space for blobs, in bytes.</summary>
    public long MaxBlobBytes { get; set; } = 20L << 30;

    /// <summary>Space for action results, in bytes.</summary>
    public long MaxActionBytes { get; set; } = 2L << 30;

    /// <summary>Space for keys of the HTTP cache, in bytes; what they name counts as blobs.</summary>
    public long MaxKeyBytes { get; set; } = 1L << 30;

    /// <summary>Space for finished log streams, in bytes.</summary>
    public long MaxLogBytes { get; set; } = 5L << 30;

    /// <summary>Bytes that one log stream may have.</summary>
    public long MaxLogStreamBytes { get; set; } = 1L << 30;

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
        Blobs = new DiskBlobStoreOptions
        {
            MaxBytes = MaxBlobBytes,
            ReadVerification = VerifyReads ? ReadVerification.FirstRead : ReadVerification.Never,
            SyncBlobs = Sync,
        },
        Actions = new DiskActionCacheOptions { MaxBytes = MaxActionBytes, SyncEntries = Sync },
        MaxKeyBytes = MaxKeyBytes,
        Logs = new DiskLogStoreOptions { MaxBytes = MaxLogBytes, MaxStreamBytes = MaxLogStreamBytes },
    };
}
