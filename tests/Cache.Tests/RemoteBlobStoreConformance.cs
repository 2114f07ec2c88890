using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;

namespace BuildFarm.Cache.Tests;

/// <summary>The whole way: remote store, client, HTTP/2, server, disk store.</summary>
public sealed class RemoteBlobStoreConformance : BlobStoreConformance
{
    private CacheServer? _server;

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        _server = await CacheServer.StartAsync();
        return new RemoteBlobStore(_server.Invoker, "some/instance");
    }
}
