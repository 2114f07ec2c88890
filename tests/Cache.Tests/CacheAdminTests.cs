using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Directory = System.IO.Directory;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cache.Tests;

/// <summary>What an operator asks, and what pressure on the store does, over gRPC.</summary>
public sealed class CacheAdminTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verify_DamagedFileAndPackedBlob_AreDroppedAndCounted()
    {
        var (small, large) = (TestContent.Of(900, seed: 1), TestContent.Of(50_000, seed: 2));
        Digest kept;
        await using (var server = await CacheServer.StartAsync(directory: _folder.File("cache")))
        {
            await server.Blobs.PutBytesAsync(small, Token);
            await server.Blobs.PutBytesAsync(large, Token);
            kept = await server.Blobs.PutBytesAsync(TestContent.Of(800, seed: 3), Token);
            Assert.Equal((3, 0), await VerifyAsync(server));
        }

        foreach (var content in new[] { small, large })
        {
            var (path, offset) = Directory.GetFiles(_folder.File("cache"), "*", SearchOption.AllDirectories).Where(path => !path.EndsWith("/lock", StringComparison.Ordinal))
                .Select(path => (path, File.ReadAllBytes(path).AsSpan().IndexOf(content))).First(found => found.Item2 >= 0);
            using var file = new FileStream(path, FileMode.Open);
            file.Position = offset + 100;
            file.WriteByte((byte)(content[100] ^ 1));
        }

        await using var again = await CacheServer.StartAsync(directory: _folder.File("cache"));
        Assert.Equal((3, 2), await VerifyAsync(again));

        Assert.Equal(2, (await Admin(again).GetCacheStatsAsync(new GetCacheStatsRequest(), cancellationToken: Token)).CorruptBlobs);
        Assert.Equal([Digest.OfBytes(small), Digest.OfBytes(large)], await again.Blobs.FindMissingAsync([Digest.OfBytes(small), Digest.OfBytes(large), kept], Token));
        Assert.Equal((1, 0), await VerifyAsync(again));
    }

    [Fact]
    public async Task Stats_AfterWrites_TellsFilesAndPackedBlobs()
    {
        await using var server = await CacheServer.StartAsync();
        await server.Blobs.PutBytesAsync(TestContent.Of(900, seed: 1), Token);
        await server.Blobs.PutBytesAsync(TestContent.Of(50_000, seed: 2), Token);

        var stats = await Admin(server).GetCacheStatsAsync(new GetCacheStatsRequest(), cancellationToken: Token);

        Assert.Equal((1, 1), (stats.Files, stats.PackedBlobs));
        Assert.Equal(stats.UsedBytes, stats.FileBytes + stats.PackBytes);
        Assert.InRange(stats.PackBytes, 900, 1000);
        Assert.Equal(20L << 30, stats.MaxBytes);
    }

    [Fact]
    public async Task Collect_ToASize_EvictsWhatIsNotLeased()
    {
        var time = new ManualTime();
        await using var server = await CacheServer.StartAsync(services: all => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<TimeProvider>(all, time));
        var blobs = new List<Digest>();
        for (var i = 0; i < 400; i++)
        {
            blobs.Add(await server.Blobs.PutBytesAsync(TestContent.Of(i % 10 == 0 ? 20_000 : 1000, i), Token));
        }

        var held = await Admin(server).CollectGarbageAsync(new CollectGarbageRequest { Evict = true, ToBytes = 300_000 }, cancellationToken: Token);
        Assert.Equal(0, held.Evicted);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Empty(await server.Blobs.FindMissingAsync(blobs[..40], Token));

        var answer = await Admin(server).CollectGarbageAsync(new CollectGarbageRequest { Evict = true, ToBytes = 300_000 }, cancellationToken: Token);

        Assert.InRange(answer.UsedBytes, 1, 300_000);
        Assert.Equal(answer.UsedBytesBefore, held.UsedBytes);
        Assert.NotEqual(0, answer.Evicted);
        Assert.Empty(await server.Blobs.FindMissingAsync(blobs[..40], Token));
        Assert.NotEmpty(await server.Blobs.FindMissingAsync(blobs, Token));
    }

    [Fact]
    public async Task Collect_ResultWhoseBlobHasGone_IsDroppedAndCounted()
    {
        var time = new ManualTime();
        await using var server = await CacheServer.StartAsync(
            options => options.AllowClientUpdates = true,
            services: all => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<TimeProvider>(all, time));
        var (gone, kept) = (await server.Blobs.PutBytesAsync(TestContent.Of(20_000, seed: 1), Token), await server.Blobs.PutBytesAsync(TestContent.Of(20_000, seed: 2), Token));
        var (first, second) = (Digest.OfBytes("first"u8).ToProto(), Digest.OfBytes("second"u8).ToProto());
        await UpdateAsync(server, first, gone);
        await UpdateAsync(server, second, kept);
        var nothing = await Admin(server).CollectGarbageAsync(new CollectGarbageRequest(), cancellationToken: Token);
        Assert.Equal((0, 0), (nothing.DroppedResults, nothing.UnknownResults));
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Empty(await server.Blobs.FindMissingAsync([kept], Token));

        var answer = await Admin(server).CollectGarbageAsync(new CollectGarbageRequest { Evict = true, ToBytes = 25_000 }, cancellationToken: Token);

        Assert.Equal((1, 1, 0), (answer.Evicted, answer.DroppedResults, answer.UnknownResults));
        Assert.Single(Directory.GetFiles(Path.Combine(server.Directory, "actions"), "*", SearchOption.AllDirectories));
        Assert.Equal(kept.ToProto(), (await server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = second }, cancellationToken: Token)).OutputFiles[0].Digest);
        await Refused.WithAsync(StatusCode.NotFound, () => server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = first }, cancellationToken: Token).ResponseAsync);
        Assert.Equal(0, (await Admin(server).CollectGarbageAsync(new CollectGarbageRequest(), cancellationToken: Token)).DroppedResults);
    }

    [Fact]
    public async Task Collect_LookingAtResults_RenewsNoBlob()
    {
        var time = new ManualTime();
        await using var server = await CacheServer.StartAsync(
            options => options.AllowClientUpdates = true,
            services: all => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<TimeProvider>(all, time));
        var (small, large) = (await server.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 1), Token), await server.Blobs.PutBytesAsync(TestContent.Of(20_000, seed: 2), Token));
        await UpdateAsync(server, Digest.OfBytes("action"u8).ToProto(), small, large);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(0, (await Admin(server).CollectGarbageAsync(new CollectGarbageRequest(), cancellationToken: Token)).DroppedResults);

        var answer = await Admin(server).CollectGarbageAsync(new CollectGarbageRequest { Evict = true }, cancellationToken: Token);

        Assert.Equal((2, 1), (answer.Evicted, answer.DroppedResults));
    }

    [Fact]
    public async Task Collect_AtANodeWithoutTheBlobs_KeepsTheResult()
    {
        await using var front = await Nodes.NodesFront.StartAsync(3);
        for (var i = 0; i < 8; i++)
        {
            var blob = await front.Server.Blobs.PutBytesAsync(TestContent.Of(5000, seed: i), Token);
            await UpdateAsync(front.Server, Digest.OfBytes(BitConverter.GetBytes(i)).ToProto(), blob);
        }

        foreach (var node in front.Nodes)
        {
            var answer = await Admin(node).CollectGarbageAsync(new CollectGarbageRequest(), cancellationToken: Token);
            Assert.Equal(0, answer.DroppedResults);
            Assert.NotEqual(0, answer.UnknownResults);
        }

        for (var i = 0; i < 8; i++)
        {
            var request = new GetActionResultRequest { ActionDigest = Digest.OfBytes(BitConverter.GetBytes(i)).ToProto() };
            Assert.Single((await front.Server.Results.GetActionResultAsync(request, cancellationToken: Token)).OutputFiles);
        }
    }

    [Fact]
    public async Task Pressure_WhenEverythingIsLeased_IsResourceExhaustedAndReadsGoOn()
    {
        await using var server = await CacheServer.StartAsync(options => options.MaxBlobBytes = 2 << 20);
        var store = new BlobStore.Remote.RemoteBlobStore(server.Invoker);
        var kept = new List<Digest>();
        await Assert.ThrowsAsync<BlobStoreFullException>(async () =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                kept.Add(await store.PutBytesAsync(TestContent.Of(i % 2 == 0 ? 1000 : 30_000, i), Token));
            }
        });

        Assert.Empty(await store.FindMissingAsync(kept, Token));
        Assert.Equal(TestContent.Of(1000, 0), await store.ReadAllBytesAsync(kept[0], cancellationToken: Token));
    }

    private static async Task UpdateAsync(CacheServer server, Build.Bazel.Remote.Execution.V2.Digest action, params Digest[] files)
    {
        var result = new ActionResult();
        result.OutputFiles.AddRange(files.Select(static (file, i) => new OutputFile { Path = $"out{i}", Digest = file.ToProto() }));
        await server.Results.UpdateActionResultAsync(new UpdateActionResultRequest { ActionDigest = action, ActionResult = result }, cancellationToken: Token);
    }

    private static CacheAdmin.CacheAdminClient Admin(CacheServer server) => new(server.Invoker);

    private static async Task<(long Blobs, long Corrupt)> VerifyAsync(CacheServer server)
    {
        using var call = Admin(server).VerifyCache(new VerifyCacheRequest(), cancellationToken: Token);
        var last = new VerifyProgress();
        while (await call.ResponseStream.MoveNext(Token))
        {
            last = call.ResponseStream.Current;
        }

        Assert.True(last.Done);
        return (last.Blobs, last.Corrupt);
    }
}
