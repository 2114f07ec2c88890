using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Keys;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Packs;

namespace BuildFarm.BlobStore;

/// <summary>The stores of one process, opened together and closed together.</summary>
public sealed class BlobStores : IAsyncDisposable
{
    private readonly StoreDirectory _directory;
    private readonly IReadOnlyList<IAsyncDisposable> _owned;

    internal BlobStores(
        StoreDirectory directory, IFileBlobStore files, IActionCache? actions, IActionTier? entries, ILogStore logs, IReadOnlyList<IAsyncDisposable> owned)
    {
        _directory = directory;
        _owned = owned;
        Files = files;
        Owned = files as IOwnedBlobStore;
        Keys = owned.OfType<DiskKeyStore>().SingleOrDefault();
        OnDisk = owned.OfType<PackingBlobStore>().SingleOrDefault();
        ActionCache = actions;
        Entries = entries;
        Logs = logs;
    }

    /// <summary>The blobs: all that the process may read, with files of this machine for what is used here.</summary>
    public IFileBlobStore Files { get; }

    /// <summary>The same where this process owns every file; null in a worker.</summary>
    public IOwnedBlobStore? Owned { get; }

    /// <summary>The blobs on this machine's disk, whatever stands in front of or behind them; null in a worker.</summary>
    public PackingBlobStore? OnDisk { get; }

    /// <summary>Verifies those; null in a worker.</summary>
    public BlobScrubber? Scrubber { get; init; }

    /// <summary>Drops results without blobs; null in a worker.</summary>
    public ResultSweeper? Sweeper { get; init; }

    /// <summary>Keys that clients make up; null in a worker.</summary>
    public DiskKeyStore? Keys { get; }

    /// <summary>Results, a hit only when complete; null in a worker, which must not touch them.</summary>
    public IActionCache? ActionCache { get; }

    /// <summary>Results whether complete or not, for a front that looks for their blobs elsewhere; null in a worker.</summary>
    public IActionTier? Entries { get; }

    /// <summary>Live output.</summary>
    public ILogStore Logs { get; }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var store in _owned)
        {
            await store.DisposeAsync();
        }

        _directory.Dispose();
    }
}
