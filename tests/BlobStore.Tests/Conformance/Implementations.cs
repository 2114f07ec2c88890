using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.TestKit;

namespace BuildFarm.BlobStore.Tests.Conformance;

public sealed class MemoryBlobStoreConformance : BlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() => ValueTask.FromResult<IBlobStore>(new MemoryBlobStore(64 << 20));
}

public sealed class DiskBlobStoreConformance : BlobStoreConformance
{
    private readonly TempFolder _folder = new();
    private DiskStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    protected override ValueTask<IBlobStore> CreateStoreAsync()
    {
        _store = new DiskStore(_folder.Path);
        return ValueTask.FromResult<IBlobStore>(_store.Blobs);
    }
}

public sealed class ReopenedDiskBlobStoreConformance : BlobStoreConformance
{
    private readonly TempFolder _folder = new();
    private DiskStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        await using (var first = new DiskStore(_folder.Path))
        {
            await first.Blobs.PutBytesAsync("before the restart"u8.ToArray());
        }

        _store = new DiskStore(_folder.Path);
        return _store.Blobs;
    }
}

public sealed class VerifyingBlobStoreConformance : BlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() =>
        ValueTask.FromResult<IBlobStore>(new VerifyingBlobStore(new MemoryBlobStore(64 << 20), "a memory store"));
}

public sealed class ExistenceCachingBlobStoreConformance : BlobStoreConformance
{
    protected override ValueTask<IBlobStore> CreateStoreAsync() =>
        ValueTask.FromResult<IBlobStore>(
            new ExistenceCachingBlobStore(new MemoryBlobStore(64 << 20), TimeSpan.FromMinutes(1), TimeProvider.System));
}

public sealed class ReadThroughBlobStoreConformance : BlobStoreConformance
{
    private readonly TempFolder _folder = new();
    private DiskStore? _local;

    public override async ValueTask DisposeAsync()
    {
        await _local!.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    protected override ValueTask<IBlobStore> CreateStoreAsync()
    {
        _local = new DiskStore(_folder.Path);
        return ValueTask.FromResult<IBlobStore>(new ReadThroughBlobStore(_local.Blobs, new MemoryBlobStore(64 << 20)));
    }
}
