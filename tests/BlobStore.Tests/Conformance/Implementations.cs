using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.BlobStore.Tests.Packs;
using BuildFarm.TestKit;

namespace BuildFarm.BlobStore.Tests.Conformance;

public sealed class MemoryBlobStoreConformance : BlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() => ValueTask.FromResult<IBlobStore>(new MemoryBlobStore(64 << 20));
}

/// <summary>Of a store in a folder of its own.</summary>
public abstract class FolderBlobStoreConformance : BlobStoreConformance
{
    private readonly TempFolder _folder = new();
    private IAsyncDisposable? _kept;

    protected string Folder => _folder.Path;

    public override async ValueTask DisposeAsync()
    {
        if (_kept is not null)
        {
            await _kept.DisposeAsync();
        }

        _folder.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The store is closed before its folder goes.</summary>
    private protected T Keep<T>(T store)
        where T : IAsyncDisposable
    {
        _kept = store;
        return store;
    }
}

public sealed class DiskBlobStoreConformance : FolderBlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() => ValueTask.FromResult<IBlobStore>(Keep(new DiskStore(Folder)).Blobs);
}

public sealed class ReopenedDiskBlobStoreConformance : FolderBlobStoreConformance
{
    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        await using (var first = new DiskStore(Folder))
        {
            await first.Blobs.PutBytesAsync("before the restart"u8.ToArray());
        }

        return Keep(new DiskStore(Folder)).Blobs;
    }
}

public sealed class PackingBlobStoreConformance : FolderBlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() => ValueTask.FromResult<IBlobStore>(Keep(new PackedStore(Folder)).Blobs);
}

public sealed class ReopenedPackingBlobStoreConformance : FolderBlobStoreConformance
{
    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        var options = new DiskBlobStoreOptions { PackUpTo = 65_535, SyncBlobs = true };
        await using (var first = new PackedStore(Folder, options))
        {
            await first.Blobs.PutBytesAsync("before the restart"u8.ToArray());
        }

        return Keep(new PackedStore(Folder, options)).Blobs;
    }
}

public sealed class VerifyingBlobStoreConformance : BlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() =>
        ValueTask.FromResult<IBlobStore>(new VerifyingBlobStore(new MemoryBlobStore(64 << 20), "a memory store"));
}

public sealed class ReadThroughBlobStoreConformance : FolderBlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() =>
        ValueTask.FromResult<IBlobStore>(new ReadThroughBlobStore(Keep(new DiskStore(Folder)).Blobs, new MemoryBlobStore(64 << 20)));
}
