using System.Text;
using BuildFarm.BlobStore.Logs;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Logs;

/// <summary>Readers that are ahead of the writer, or late.</summary>
public sealed class LogFollowingTests : LogStoreBench
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Read_AtTheEndOfAGrowingStream_WaitsForMore()
    {
        await AppendAsync(0, "first");
        var buffer = new byte[100];
        var read = Logs.ReadAsync(Name, 5, buffer, Token).AsTask();
        Assert.False(read.IsCompleted);

        await AppendAsync(5, "second");

        Assert.Equal(6, await read.WaitAsync(Patience, Token));
        Assert.Equal("second", Encoding.UTF8.GetString(buffer, 0, 6));
    }

    [Fact]
    public async Task Read_BeforeAnybodyWrote_WaitsForTheFirstBytes()
    {
        var buffer = new byte[100];
        var read = Logs.ReadAsync(Name, 0, buffer, Token).AsTask();
        Assert.False(read.IsCompleted);

        await AppendAsync(0, "first");

        Assert.Equal(5, await read.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task Read_Cancelled_Ends()
    {
        using var cancel = new CancellationTokenSource();
        var read = Logs.ReadAsync(Name, 0, new byte[10], cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task Read_ManyFollowers_AllSeeEverything()
    {
        var followers = Enumerable.Range(0, 20).Select(_ => Task.Run(ReadToEndAsync)).ToArray();
        var expected = new StringBuilder();
        for (var i = 0; i < 500; i++)
        {
            var line = $"line {i}\n";
            await AppendAsync(expected.Length, line);
            expected.Append(line);
        }

        await AppendAsync(expected.Length, "", finish: true);

        foreach (var seen in await Task.WhenAll(followers).WaitAsync(Patience, Token))
        {
            Assert.Equal(expected.ToString(), seen);
        }
    }

    [Fact]
    public async Task Read_OfAnOpenAndEmptyStream_WaitsForBytesAndForTheEnd()
    {
        await AppendAsync(0, "");
        var buffer = new byte[100];
        var first = Logs.ReadAsync(Name, 0, buffer, Token).AsTask();
        var other = Logs.ReadAsync("logstreams/4567/stderr", 0, new byte[100], Token).AsTask();
        await AppendAsync(0, "");
        // Others come and go, more than stay open; who waits is not forgotten.
        for (var i = 0; i < 600; i++)
        {
            await Logs.AppendAsync($"logstreams/{i}/stdout", 0, default, finish: true, Token);
        }

        Assert.False(first.IsCompleted);
        Assert.False(other.IsCompleted);
        await AppendAsync(0, "bytes");
        await Logs.AppendAsync("logstreams/4567/stderr", 0, default, finish: true, Token);

        Assert.Equal(5, await first.WaitAsync(Patience, Token));
        Assert.Equal("bytes", Encoding.UTF8.GetString(buffer, 0, 5));
        Assert.Equal(0, await other.WaitAsync(Patience, Token));
    }

    [Theory]
    [InlineData("early")]
    [InlineData("")]
    public async Task Read_OfAnEvictedStream_EndsAndSaysSo(string text)
    {
        await CloseAsync();
        Open(new DiskLogStoreOptions { MaxBytes = 16 * 1024 });
        await AppendAsync(0, text, finish: true);
        for (var i = 0; i < 300; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await Logs.AppendAsync($"logstreams/{i}/stdout", 0, BitConverter.GetBytes(i), finish: true, Token);
        }

        await CloseAsync();
        Open(new DiskLogStoreOptions { MaxBytes = 16 * 1024 });

        await Assert.ThrowsAsync<LogEvictedException>(async () => await Logs.ReadAsync(Name, 0, new byte[10], Token));
    }
}
