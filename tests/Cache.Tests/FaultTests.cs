using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Google.Bytestream;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Cache.Tests;

public sealed class FaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DiskFull_Upload_IsResourceExhaustedAndReadsGoOn()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(folder.File("disk"), megabytes: 16);
        await using var server = await CacheServer.StartAsync(directory: Path.Combine(disk.Path, "cache"));
        var store = new RemoteBlobStore(server.Invoker);
        var kept = TestContent.Of(6_000_000, seed: 1);
        var digest = await store.PutBytesAsync(kept, Token);
        var tooMuch = TestContent.Of(12_000_000, seed: 2);

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.PutBytesAsync(tooMuch, Token));

        Assert.Equal(kept, await store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal([Digest.OfBytes(tooMuch)], await store.FindMissingAsync([Digest.OfBytes(tooMuch), digest], Token));
    }

    [Fact]
    public async Task CorruptBlob_AfterARestart_IsNotFoundAndThenAMiss()
    {
        using var folder = new TempFolder();
        var content = TestContent.Of(3_000_000, seed: 3);
        Digest digest;
        await using (var server = await CacheServer.StartAsync(directory: folder.File("cache")))
        {
            digest = await new RemoteBlobStore(server.Invoker).PutBytesAsync(content, Token);
        }

        var file = Assert.Single(Directory.GetFiles(folder.File("cache"), digest.HashHex, SearchOption.AllDirectories));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        content[1_000_000] ^= 1;
        await File.WriteAllBytesAsync(file, content, Token);
        await using var again = await CacheServer.StartAsync(directory: folder.File("cache"));

        await Refused.WithAsync(StatusCode.NotFound, async () =>
        {
            using var call = again.Streams.Read(new ReadRequest { ResourceName = $"blobs/{digest}" });
            while (await call.ResponseStream.MoveNext(Token))
            {
            }
        });

        Assert.Equal([digest], await new RemoteBlobStore(again.Invoker).FindMissingAsync([digest], Token));
    }
}
