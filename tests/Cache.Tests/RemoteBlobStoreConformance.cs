using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Xunit;

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

    /// <summary>A call for each blob would cost a hundred times the time.</summary>
    [Fact]
    public async Task Batch_AThousandBlobs_IsOneCallEachWay()
    {
        var calls = new CallCounter();
        var store = new RemoteBlobStore(_server!.Invoker.Intercept(calls));
        var blobs = Enumerable.Range(0, 1000).Select(static i => TestContent.Of(100, seed: 7000 + i)).Select(static content => new BlobContent(Digest.OfBytes(content), content)).ToList();

        Assert.All(await store.PutManyAsync(blobs, TestContext.Current.CancellationToken), Assert.Null);
        var answers = await store.GetManyAsync(blobs.ConvertAll(static blob => blob.Digest), TestContext.Current.CancellationToken);

        Assert.All(answers, static answer => Assert.NotNull(answer.Content));
        Assert.Equal(2, calls.Count);
    }

    private sealed class CallCounter : Interceptor
    {
        public int Count { get; private set; }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Count++;
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Count++;
            return continuation(context);
        }
    }
}
