using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.S3;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace BuildFarm.BlobStore.Tests.Tiers;

public sealed class WriteBehindConformance : BlobStoreConformance
{
    private TieredBlobStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override ValueTask<IBlobStore> CreateStoreAsync()
    {
        _store = new TieredBlobStore(
            new MemoryBlobStore(64 << 20), new MemoryBlobStore(64 << 20), TierWrites.Behind, long.MaxValue, TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<TieredBlobStore>.Instance);
        return ValueTask.FromResult<IBlobStore>(_store);
    }
}

/// <summary>Memory, disk and S3, as the factory makes them.</summary>
public abstract class TierConformance(params TierKind[] kinds) : BlobStoreConformance
{
    private readonly TempFolder _folder = new();
    private S3Store? _s3;
    private BlobStores? _stores;

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stores!.DisposeAsync();
        await _s3!.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        _s3 = await S3Store.StartAsync();
        _stores = BlobStoreFactory.OpenOwner(
            new BlobStoreOptions { Directory = _folder.Path, Tiers = [.. kinds.Select(kind => new TierOptions { Kind = kind, S3 = _s3.Bucket.Options })] },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        return _stores.Files;
    }
}

public sealed class MemoryDiskS3Conformance() : TierConformance(TierKind.Memory, TierKind.Disk, TierKind.S3);

public sealed class MemoryDiskConformance() : TierConformance(TierKind.Memory, TierKind.Disk);

public sealed class MemoryS3Conformance() : TierConformance(TierKind.Memory, TierKind.S3);
