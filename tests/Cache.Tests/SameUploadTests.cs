using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Resources;
using BuildFarm.Cache.Streams;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>Two clients upload one blob at once.</summary>
public sealed class SameUploadTests
{
    private const int Bytes = 300_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upload_OfABlobThatIsOnItsWay_WaitsAndIsWrittenOnce(bool firstDies)
    {
        // The second gives up on a first that brings nothing for a while, which on this clock never is: the first sends when the test wants it.
        await using var server = await CacheServer.StartAsync(services: all => all.AddSingleton<TimeProvider>(new StoppedTime()));
        var content = TestContent.Of(Bytes, seed: 1);
        var digest = Digest.OfBytes(content);
        var first = server.Streams.Write(cancellationToken: Token);
        await first.RequestStream.WriteAsync(Part(digest, "u1", content, 0, 100_000), Token);
        // The server says what it has; there is no event to wait for on this side of the wire.
        await Eventually.IsTrueAsync(
            async token => (await server.Streams.QueryWriteStatusAsync(
                new QueryWriteStatusRequest { ResourceName = $"uploads/u1/blobs/{digest}" }, cancellationToken: token)).CommittedSize == 100_000,
            Token);

        var second = SendAsync(server, digest, content);
        var flights = server.Services.GetRequiredService<UploadsInFlight>();
        await Eventually.IsTrueAsync(() => flights.Waiting == 1, Token);
        Assert.Equal(100_000, await TemporaryBytesAsync(server));
        if (firstDies)
        {
            first.Dispose();
        }
        else
        {
            await first.RequestStream.WriteAsync(Part(digest, "u1", content, 100_000, Bytes), Token);
            await first.RequestStream.CompleteAsync();
            Assert.Equal(Bytes, (await first).CommittedSize);
            first.Dispose();
        }

        Assert.Equal(Bytes, await second.WaitAsync(TimeSpan.FromSeconds(60), Token));
        Assert.Equal(content, await server.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal(0, flights.Waiting);
    }

    [Fact]
    public async Task Enter_TheFirstBringsNothing_GoesOnBesideIt()
    {
        var flights = new UploadsInFlight(new HurriedTime());
        var digest = Digest.OfBytes(TestContent.Of(Bytes, seed: 2));
        using var first = await flights.EnterAsync(new UploadResource("", "u1", digest), static () => 100, Token);

        using var second = await flights.EnterAsync(new UploadResource("", "u2", digest), static () => 0, Token);

        Assert.True(second.HasWaited);
        Assert.False(first.Ended.Task.IsCompleted);
        Assert.Equal(0, flights.Waiting);
    }

    private static async Task<long> SendAsync(CacheServer server, Digest digest, byte[] content)
    {
        using var call = server.Streams.Write(cancellationToken: Token);
        try
        {
            await call.RequestStream.WriteAsync(Part(digest, "u2", content, 0, Bytes), Token);
            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // Told before everything was sent: the answer says what.
        }

        return (await call).CommittedSize;
    }

    private static WriteRequest Part(Digest digest, string upload, byte[] content, int from, int to) => new()
    {
        ResourceName = $"uploads/{upload}/blobs/{digest}",
        WriteOffset = from,
        Data = ByteString.CopyFrom(content.AsSpan(from, to - from)),
        FinishWrite = to == content.Length,
    };

    private static Task<long> TemporaryBytesAsync(CacheServer server) =>
        Task.FromResult(Directory.GetFiles(Path.Combine(server.Directory, "tmp")).Sum(path => new FileInfo(path).Length));

    /// <summary>A clock on which every wait is over at once.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
