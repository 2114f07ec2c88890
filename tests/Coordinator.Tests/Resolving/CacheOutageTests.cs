using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Memory;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Digests;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Resolving;

/// <summary>The cache is away while tasks are made.</summary>
public sealed class CacheOutageTests
{
    [Fact]
    public async Task Cache_AwayWhileATaskIsMade_TheTaskWaitsAndRuns()
    {
        var cache = new Leaving { Refusals = 2 };
        await using var farm = await TestFarm.StartAsync(services: all =>
        {
            all.AddSingleton<IBlobStore>(cache);
            all.AddSingleton(new RemoteOutage(TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<RemoteOutage>.Instance));
        });
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);

        var job = await farm.SubmitAsync(TestFarm.Template("patient"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync());

        Assert.Equal(1, (await farm.FinishAsync(job)).Summary.Succeeded);
        Assert.Equal(0, cache.Refusals);
    }

    /// <summary>Does not answer some uploads.</summary>
    private sealed class Leaving : IBlobStore
    {
        private readonly MemoryBlobStore _inner = new(1 << 20);

        public int Refusals { get; set; }

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => _inner.OpenAsync(digest, cancellationToken);

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) =>
            Refusals > 0 && Refusals-- > 0 ? throw new RpcException(new Status(StatusCode.Unavailable, "away")) : _inner.CreateAsync(digest, cancellationToken);

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
            _inner.FindMissingAsync(digests, cancellationToken);
    }
}
