using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Tests.Disk;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Logs;

/// <summary>What is appended, what it leaves on the disk, and what a restart finds.</summary>
public sealed class DiskLogStoreTests : LogStoreBench
{
    [Fact]
    public async Task State_NeverWritten_IsNull() => Assert.Null(await Logs.GetStateAsync(Name, Token));

    [Fact]
    public async Task Append_ThenRead_GivesTheBytesAndThenTheEnd()
    {
        Assert.Equal(6, await AppendAsync(0, "hello "));
        Assert.Equal(11, await AppendAsync(6, "world", finish: true));

        Assert.Equal("hello world", await ReadToEndAsync());
        Assert.Equal(new LogStreamState(11, true), await Logs.GetStateAsync(Name, Token));
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
    public async Task Restart_GrowingAndFinishedStreams_GoOnWhereTheyWere()
    {
        await AppendAsync(0, "hello ");
        await Logs.AppendAsync("logstreams/done/stdout", 0, "done"u8.ToArray(), finish: true, Token);
        await CloseAsync();
        Open();

        Assert.Equal(new LogStreamState(6, false), await Logs.GetStateAsync(Name, Token));
        Assert.Equal(new LogStreamState(4, true), await Logs.GetStateAsync("logstreams/done/stdout", Token));
        await AppendAsync(6, "world", finish: true);
        Assert.Equal("hello world", await ReadToEndAsync());
    }

    [Fact]
    public async Task Streams_MoreThanStayOpen_KeepTheirContent()
    {
        for (var i = 0; i < 600; i++)
        {
            await Logs.AppendAsync($"logstreams/{i}/stdout", 0, BitConverter.GetBytes(i), finish: false, Token);
        }

        var buffer = new byte[4];
        for (var i = 0; i < 600; i++)
        {
            Assert.Equal(4, await Logs.ReadAsync($"logstreams/{i}/stdout", 0, buffer, Token));
            Assert.Equal(i, BitConverter.ToInt32(buffer));
        }
    }

    [Fact]
    public async Task State_WrittenWithoutAByte_IsNull()
    {
        Assert.Equal(0, await AppendAsync(0, ""));

        Assert.Null(await Logs.GetStateAsync(Name, Token));
        Assert.Empty(FilesOfStreams);
    }

    [Fact]
    public async Task Append_TheFirstByte_MakesTheFile()
    {
        await AppendAsync(0, "");
        await AppendAsync(0, "h");

        Assert.EndsWith(".part", Assert.Single(FilesOfStreams), StringComparison.Ordinal);
        Assert.Equal(new LogStreamState(1, false), await Logs.GetStateAsync(Name, Token));
    }

    [Fact]
    public async Task Append_EndWithoutAByte_IsAnEndAndNoInodeOfItsOwn()
    {
        // More than one file may have names.
        const int Streams = 2500;
        for (var i = 0; i < Streams; i++)
        {
            Assert.Equal(0, await Logs.AppendAsync($"logstreams/{i}/stderr", 0, default, finish: true, Token));
        }

        for (var i = 0; i < Streams; i++)
        {
            Assert.Equal(new LogStreamState(0, true), await Logs.GetStateAsync($"logstreams/{i}/stderr", Token));
            Assert.Equal(0, await Logs.ReadAsync($"logstreams/{i}/stderr", 0, new byte[10], Token));
        }

        Assert.Equal(Streams, FilesOfStreams.Length);
        Assert.InRange(FilesOfStreams.DistinctBy(File.GetCreationTimeUtc).Count(), 1, 10);
    }

    [Fact]
    public async Task Append_EndWithoutAByteAfterTheOneBeforeWasEvicted_IsAnEnd()
    {
        for (var i = 0; i < 3; i++)
        {
            await Logs.AppendAsync($"logstreams/{i}/stderr", 0, default, finish: true, Token);
            foreach (var file in FilesOfStreams)
            {
                File.Delete(file);
            }
        }

        await AppendAsync(0, "", finish: true);

        Assert.Equal(new LogStreamState(0, true), await Logs.GetStateAsync(Name, Token));
        Assert.Single(FilesOfStreams);
    }

    [Fact]
    public async Task Append_AfterAnEndWithoutAByte_IsRefusedAndARepeatedEndIsNot()
    {
        await AppendAsync(0, "", finish: true);

        Assert.Equal(0, await AppendAsync(0, "", finish: true));
        await Assert.ThrowsAsync<LogOffsetException>(() => AppendAsync(0, "late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_StreamsWithAndWithoutBytes_AreWhatTheyWere(bool crash)
    {
        await Logs.AppendAsync("logstreams/ended/stdout", 0, default, finish: true, Token);
        await Logs.AppendAsync("logstreams/grows/stdout", 0, "grows"u8.ToArray(), finish: false, Token);
        await Logs.AppendAsync("logstreams/opened/stdout", 0, default, finish: false, Token);
        using var after = new TempFolder();
        if (crash)
        {
            DiskStore.CrashCopy(Folder.Path, after.Path);
        }

        await CloseAsync();
        Open(path: crash ? after.Path : null);

        Assert.Equal(new LogStreamState(0, true), await Logs.GetStateAsync("logstreams/ended/stdout", Token));
        Assert.Equal(0, await Logs.ReadAsync("logstreams/ended/stdout", 0, new byte[10], Token));
        Assert.Equal(new LogStreamState(5, false), await Logs.GetStateAsync("logstreams/grows/stdout", Token));
        Assert.Null(await Logs.GetStateAsync("logstreams/opened/stdout", Token));
        Assert.Equal(6, await Logs.AppendAsync("logstreams/opened/stdout", 0, "opened"u8.ToArray(), finish: true, Token));
        await Logs.AppendAsync("logstreams/ended-later/stdout", 0, default, finish: true, Token);
        Assert.Equal(new LogStreamState(0, true), await Logs.GetStateAsync("logstreams/ended-later/stdout", Token));
        await CloseAsync();
        Open();
    }

    [Fact]
    public async Task Restart_StreamThatNobodyFinishedLongAgo_IsRemoved()
    {
        await AppendAsync(0, "abandoned");
        await CloseAsync();
        Time.Advance(TimeSpan.FromDays(365 * 5));
        Open();
        await CloseAsync();
        Open();

        Assert.Null(await Logs.GetStateAsync(Name, Token));
        await Assert.ThrowsAsync<LogEvictedException>(async () => await Logs.ReadAsync(Name, 0, new byte[10], Token));
    }
}
