using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Resources;
using BuildFarm.Cache.Streams;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Cache.Tests;

public sealed class InterruptedUploadsTests
{
    private readonly MemoryBlobStore _blobs = new(10_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Park_MoreThanAreKept_DropsTheOldestAndItsRoom()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions { MaxInterruptedUploads = 2 }, TimeProvider.System);
        for (var i = 0; i < 5; i++)
        {
            await BreakAsync(uploads, i);
        }

        Assert.Equal(2, uploads.Parked);
        Assert.Equal([0, 0, 0, 500, 500], Enumerable.Range(0, 5).Select(i => uploads.CommittedSize(Name(i))));
        Assert.Equal(2000, _blobs.UsedBytes);
    }

    [Fact]
    public async Task Forget_CompleteUpload_LeavesNothing()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        await using (var held = await uploads.HoldAsync(Name(1), _blobs, Token))
        {
            await held.Writer.WriteAsync(TestContent.Of(1000, seed: 1), Token);
            await held.Writer.CommitAsync(Token);
            held.Forget();
        }

        Assert.Equal(0, uploads.Parked);
        Assert.Equal(0, uploads.CommittedSize(Name(1)));
        Assert.True(await _blobs.ContainsAsync(Name(1).Digest, Token));
    }

    [Fact]
    public async Task Hold_Again_CancelsTheFirstHolderAndGoesOnWhereItWas()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        var first = await uploads.HoldAsync(Name(1), _blobs, Token);
        await first.Writer.WriteAsync(TestContent.Of(1000, seed: 1).AsMemory(0, 300), Token);

        var second = uploads.HoldAsync(Name(1), _blobs, Token).AsTask();
        Assert.True(first.Cancelled.IsCancellationRequested);
        Assert.False(second.IsCompleted);
        await first.DisposeAsync();

        await using var held = await second.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Equal(300, held.Writer.Written);
    }

    [Fact]
    public async Task Hold_WhileTheFirstHolderCompletes_GetsAWriterOfItsOwn()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        var first = await uploads.HoldAsync(Name(1), _blobs, Token);
        var second = uploads.HoldAsync(Name(1), _blobs, Token).AsTask();
        await first.Writer.WriteAsync(TestContent.Of(1000, seed: 1), Token);
        await first.Writer.CommitAsync(Token);
        first.Forget();
        await first.DisposeAsync();

        await using var held = await second.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.NotSame(first.Writer, held.Writer);
        Assert.Equal(0, held.Writer.Written);
    }

    [Fact]
    public async Task Park_WithoutAByte_GivesTheRoomBackAtOnce()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        await (await uploads.HoldAsync(Name(1), _blobs, Token)).DisposeAsync();

        Assert.Equal((0, 0L), (uploads.Parked, _blobs.UsedBytes));
    }

    [Fact]
    public async Task Hold_WithoutRoom_TakesThatOfTheOldestInterrupted()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        for (var i = 0; i < 10; i++)
        {
            await BreakAsync(uploads, i);
        }

        await using var held = await uploads.HoldAsync(Name(10), _blobs, Token);

        Assert.Equal(9, uploads.Parked);
        Assert.Equal([0, 500], new[] { 0, 1 }.Select(i => uploads.CommittedSize(Name(i))));
    }

    [Fact]
    public async Task Hold_WithoutRoomAndWithoutInterrupted_IsRefused()
    {
        await using var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        var all = new List<IAsyncDisposable>();
        for (var i = 0; i < 10; i++)
        {
            all.Add(await uploads.HoldAsync(Name(i), _blobs, Token));
        }

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await uploads.HoldAsync(Name(10), _blobs, Token));
        foreach (var held in all)
        {
            await held.DisposeAsync();
        }
    }

    [Fact]
    public async Task Dispose_WithParkedUploads_GivesTheirRoomBack()
    {
        var uploads = new InterruptedUploads(new CacheOptions(), TimeProvider.System);
        await BreakAsync(uploads, 1);

        await uploads.DisposeAsync();

        Assert.Equal(0, _blobs.UsedBytes);
    }

    private static UploadResource Name(int i) => new("", $"upload-{i}", Digest.OfBytes(TestContent.Of(1000, seed: i)));

    private async Task BreakAsync(InterruptedUploads uploads, int i)
    {
        await using var held = await uploads.HoldAsync(Name(i), _blobs, Token);
        await held.Writer.WriteAsync(TestContent.Of(1000, seed: i).AsMemory(0, 500), Token);
    }
}
