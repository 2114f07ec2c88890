using System.Text;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Logs;

public sealed class DiskLogStoreTests : IAsyncLifetime
{
    private const string Name = "logstreams/0123/stdout";

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private StoreDirectory _directory = null!;
    private DiskLogStore _logs = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task State_NeverWritten_IsNull() => Assert.Null(await _logs.GetStateAsync(Name, Token));

    [Fact]
    public async Task Append_ThenRead_GivesTheBytesAndThenTheEnd()
    {
        Assert.Equal(6, await AppendAsync(0, "hello "));
        Assert.Equal(11, await AppendAsync(6, "world", finish: true));

        Assert.Equal("hello world", await ReadToEndAsync());
        Assert.Equal(new LogStreamState(11, true), await _logs.GetStateAsync(Name, Token));
    }

    [Fact]
    public async Task Append_RepeatedOrOverlapping_SkipsWhatIsThere()
    {
        await AppendAsync(0, "hello ");
        Assert.Equal(6, await AppendAsync(0, "hello "));
        Assert.Equal(6, await AppendAsync(0, "hel"));
        Assert.Equal(11, await AppendAsync(3, "lo world", finish: true));
        Assert.Equal(11, await AppendAsync(6, "world", finish: true));

        Assert.Equal("hello world", await ReadToEndAsync());
    }

    [Fact]
    public async Task Append_BeyondTheEnd_IsRefused()
    {
        await AppendAsync(0, "hello");

        await Assert.ThrowsAsync<LogOffsetException>(() => AppendAsync(6, "hole"));
        await Assert.ThrowsAsync<LogOffsetException>(() => AppendAsync(-1, "before"));
    }

    [Fact]
    public async Task Append_AfterTheEnd_IsRefused()
    {
        await AppendAsync(0, "hello", finish: true);

        await Assert.ThrowsAsync<LogOffsetException>(() => AppendAsync(5, " again"));
    }

    [Fact]
    public async Task Append_BeyondTheLimit_IsRefusedAndKeepsTheRest()
    {
        await CloseAsync();
        Open(new DiskLogStoreOptions { MaxStreamBytes = 10 });
        await AppendAsync(0, "0123456789");

        await Assert.ThrowsAsync<LogStreamFullException>(() => AppendAsync(10, "x"));
        Assert.Equal(10, await AppendAsync(10, "", finish: true));
        Assert.Equal("0123456789", await ReadToEndAsync());
    }

    [Fact]
    public async Task Read_AtTheEndOfAGrowingStream_WaitsForMore()
    {
        await AppendAsync(0, "first");
        var buffer = new byte[100];
        var read = _logs.ReadAsync(Name, 5, buffer, Token).AsTask();
        Assert.False(read.IsCompleted);

        await AppendAsync(5, "second");

        Assert.Equal(6, await read.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.Equal("second", Encoding.UTF8.GetString(buffer, 0, 6));
    }

    [Fact]
    public async Task Read_BeforeAnybodyWrote_WaitsForTheFirstBytes()
    {
        var buffer = new byte[100];
        var read = _logs.ReadAsync(Name, 0, buffer, Token).AsTask();
        Assert.False(read.IsCompleted);

        await AppendAsync(0, "first");

        Assert.Equal(5, await read.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task Read_Cancelled_Ends()
    {
        using var cancel = new CancellationTokenSource();
        var read = _logs.ReadAsync(Name, 0, new byte[10], cancel.Token).AsTask();

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

        foreach (var seen in await Task.WhenAll(followers).WaitAsync(TimeSpan.FromSeconds(60), Token))
        {
            Assert.Equal(expected.ToString(), seen);
        }
    }

    [Fact]
    public async Task Restart_GrowingAndFinishedStreams_GoOnWhereTheyWere()
    {
        await AppendAsync(0, "hello ");
        await _logs.AppendAsync("logstreams/done/stdout", 0, "done"u8.ToArray(), finish: true, Token);
        await CloseAsync();
        Open();

        Assert.Equal(new LogStreamState(6, false), await _logs.GetStateAsync(Name, Token));
        Assert.Equal(new LogStreamState(4, true), await _logs.GetStateAsync("logstreams/done/stdout", Token));
        await AppendAsync(6, "world", finish: true);
        Assert.Equal("hello world", await ReadToEndAsync());
    }

    [Fact]
    public async Task Streams_MoreThanStayOpen_KeepTheirContent()
    {
        for (var i = 0; i < 600; i++)
        {
            await _logs.AppendAsync($"logstreams/{i}/stdout", 0, BitConverter.GetBytes(i), finish: false, Token);
        }

        var buffer = new byte[4];
        for (var i = 0; i < 600; i++)
        {
            Assert.Equal(4, await _logs.ReadAsync($"logstreams/{i}/stdout", 0, buffer, Token));
            Assert.Equal(i, BitConverter.ToInt32(buffer));
        }
    }

    [Fact]
    public async Task State_WrittenWithoutAByte_IsNull()
    {
        Assert.Equal(0, await AppendAsync(0, ""));

        Assert.Null(await _logs.GetStateAsync(Name, Token));
        Assert.Empty(FilesOfStreams);
    }

    [Fact]
    public async Task Append_TheFirstByte_MakesTheFile()
    {
        await AppendAsync(0, "");
        await AppendAsync(0, "h");

        Assert.EndsWith(".part", Assert.Single(FilesOfStreams), StringComparison.Ordinal);
        Assert.Equal(new LogStreamState(1, false), await _logs.GetStateAsync(Name, Token));
    }

    [Fact]
    public async Task Append_EndWithoutAByte_IsAnEndAndNoInodeOfItsOwn()
    {
        // More than one file may have names.
        const int Streams = 2500;
        for (var i = 0; i < Streams; i++)
        {
            Assert.Equal(0, await _logs.AppendAsync($"logstreams/{i}/stderr", 0, default, finish: true, Token));
        }

        for (var i = 0; i < Streams; i++)
        {
            Assert.Equal(new LogStreamState(0, true), await _logs.GetStateAsync($"logstreams/{i}/stderr", Token));
            Assert.Equal(0, await _logs.ReadAsync($"logstreams/{i}/stderr", 0, new byte[10], Token));
        }

        Assert.Equal(Streams, FilesOfStreams.Length);
        Assert.InRange(FilesOfStreams.DistinctBy(File.GetCreationTimeUtc).Count(), 1, 10);
    }

    [Fact]
    public async Task Append_EndWithoutAByteAfterTheOneBeforeWasEvicted_IsAnEnd()
    {
        for (var i = 0; i < 3; i++)
        {
            await _logs.AppendAsync($"logstreams/{i}/stderr", 0, default, finish: true, Token);
            foreach (var file in FilesOfStreams)
            {
                File.Delete(file);
            }
        }

        await AppendAsync(0, "", finish: true);

        Assert.Equal(new LogStreamState(0, true), await _logs.GetStateAsync(Name, Token));
        Assert.Single(FilesOfStreams);
    }

    [Fact]
    public async Task Append_AfterAnEndWithoutAByte_IsRefusedAndARepeatedEndIsNot()
    {
        await AppendAsync(0, "", finish: true);

        Assert.Equal(0, await AppendAsync(0, "", finish: true));
        await Assert.ThrowsAsync<LogOffsetException>(() => AppendAsync(0, "late"));
    }

    [Fact]
    public async Task Read_OfAnOpenAndEmptyStream_WaitsForBytesAndForTheEnd()
    {
        await AppendAsync(0, "");
        var buffer = new byte[100];
        var first = _logs.ReadAsync(Name, 0, buffer, Token).AsTask();
        var other = _logs.ReadAsync("logstreams/4567/stderr", 0, new byte[100], Token).AsTask();
        await AppendAsync(0, "");
        // Others come and go, more than stay open; who waits is not forgotten.
        for (var i = 0; i < 600; i++)
        {
            await _logs.AppendAsync($"logstreams/{i}/stdout", 0, default, finish: true, Token);
        }

        Assert.False(first.IsCompleted);
        Assert.False(other.IsCompleted);
        await AppendAsync(0, "bytes");
        await _logs.AppendAsync("logstreams/4567/stderr", 0, default, finish: true, Token);

        Assert.Equal(5, await first.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.Equal("bytes", Encoding.UTF8.GetString(buffer, 0, 5));
        Assert.Equal(0, await other.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_StreamsWithAndWithoutBytes_AreWhatTheyWere(bool crash)
    {
        await _logs.AppendAsync("logstreams/ended/stdout", 0, default, finish: true, Token);
        await _logs.AppendAsync("logstreams/grows/stdout", 0, "grows"u8.ToArray(), finish: false, Token);
        await _logs.AppendAsync("logstreams/opened/stdout", 0, default, finish: false, Token);
        using var after = new TempFolder();
        if (crash)
        {
            DiskStore.CrashCopy(_folder.Path, after.Path);
        }

        await CloseAsync();
        Open(path: crash ? after.Path : null);

        Assert.Equal(new LogStreamState(0, true), await _logs.GetStateAsync("logstreams/ended/stdout", Token));
        Assert.Equal(0, await _logs.ReadAsync("logstreams/ended/stdout", 0, new byte[10], Token));
        Assert.Equal(new LogStreamState(5, false), await _logs.GetStateAsync("logstreams/grows/stdout", Token));
        Assert.Null(await _logs.GetStateAsync("logstreams/opened/stdout", Token));
        Assert.Equal(6, await _logs.AppendAsync("logstreams/opened/stdout", 0, "opened"u8.ToArray(), finish: true, Token));
        await _logs.AppendAsync("logstreams/ended-later/stdout", 0, default, finish: true, Token);
        Assert.Equal(new LogStreamState(0, true), await _logs.GetStateAsync("logstreams/ended-later/stdout", Token));
        await CloseAsync();
        Open();
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
            _time.Advance(TimeSpan.FromMinutes(1));
            await _logs.AppendAsync($"logstreams/{i}/stdout", 0, BitConverter.GetBytes(i), finish: true, Token);
        }

        await CloseAsync();
        Open(new DiskLogStoreOptions { MaxBytes = 16 * 1024 });

        await Assert.ThrowsAsync<LogEvictedException>(async () => await _logs.ReadAsync(Name, 0, new byte[10], Token));
    }

    [Fact]
    public async Task Restart_StreamThatNobodyFinishedLongAgo_IsRemoved()
    {
        await AppendAsync(0, "abandoned");
        await CloseAsync();
        _time.Advance(TimeSpan.FromDays(365 * 5));
        Open();
        await CloseAsync();
        Open();

        Assert.Null(await _logs.GetStateAsync(Name, Token));
        await Assert.ThrowsAsync<LogEvictedException>(async () => await _logs.ReadAsync(Name, 0, new byte[10], Token));
    }

    private async Task<long> AppendAsync(long offset, string text, bool finish = false) =>
        await _logs.AppendAsync(Name, offset, Encoding.UTF8.GetBytes(text), finish, Token);

    private async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[7];
        int read;
        while ((read = await _logs.ReadAsync(Name, text.Length, buffer, Token)) > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private string[] FilesOfStreams => Directory.GetFiles(_folder.File("logs"), "*", SearchOption.AllDirectories);

    private void Open(DiskLogStoreOptions? options = null, string? path = null)
    {
        _directory = StoreDirectory.Open(path ?? _folder.Path);
        _logs = DiskLogStore.Open(_directory, options ?? new DiskLogStoreOptions(), _time, NullLogger<DiskLogStore>.Instance);
    }

    private async Task CloseAsync()
    {
        await _logs.DisposeAsync();
        _directory.Dispose();
    }
}
