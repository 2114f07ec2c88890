using BuildFarm.BlobStore.Tests.Conformance;
using Xunit;

namespace BuildFarm.BlobStore.Tests.S3;

public abstract class S3Conformance(bool checksums) : BlobStoreConformance
{
    private S3Store? _store;

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // Nothing that the suite does is refused as badly signed or malformed.
        Assert.All(_store!.Fake.Refused, code => Assert.Equal("NoSuchKey", code));
        await _store.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        _store = await S3Store.StartAsync(options => options with { Checksums = checksums });
        return _store.Blobs;
    }
}

public sealed class S3BlobStoreConformance() : S3Conformance(checksums: true);

public sealed class S3WithoutChecksumsConformance() : S3Conformance(checksums: false);
