using System.Text;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using Google.Bytestream;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Cache.Tests;

public sealed class LogStreamTests
{
    private const string Name = "logstreams/0123abcd/stdout";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_WhileTheWorkerWrites_SeesEverythingAndTheEnd()
    {
        await using var server = await CacheServer.StartAsync();
        var logs = new RemoteLogStore(server.Invoker);
        using var call = server.Streams.Read(new ReadRequest { ResourceName = Name });

        // Each line is written once the follower has seen the one before: live, not at the end.
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal((i + 1) * 7, await logs.AppendAsync(Name, i * 7, Encoding.UTF8.GetBytes($"line{i:00}\n"), finish: false, Token));
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal($"line{i:00}\n", call.ResponseStream.Current.Data.ToStringUtf8());
        }

        await logs.AppendAsync(Name, 140, ReadOnlyMemory<byte>.Empty, finish: true, Token);
        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(new LogStreamState(140, true), await logs.GetStateAsync(Name, Token));
    }

    [Fact]
    public async Task Remote_ReadWaitsRepeatsAndRefuses_AsTheDiskStoreDoes()
    {
        await using var server = await CacheServer.StartAsync(options => options.MaxLogStreamBytes = 1 << 20);
        var logs = new RemoteLogStore(server.Invoker);
        var buffer = new byte[100];
        Assert.Null(await logs.GetStateAsync(Name, Token));
        var waiting = logs.ReadAsync(Name, 0, buffer, Token).AsTask();

        Assert.Equal(5, await logs.AppendAsync(Name, 0, "hello"u8.ToArray(), finish: false, Token));
        Assert.Equal(5, await logs.AppendAsync(Name, 0, "hello"u8.ToArray(), finish: false, Token));
        Assert.Equal(5, await waiting.WaitAsync(TimeSpan.FromSeconds(60), Token));
        await Assert.ThrowsAsync<LogOffsetException>(async () => await logs.AppendAsync(Name, 9, "hole"u8.ToArray(), finish: false, Token));
        await Assert.ThrowsAnyAsync<IOException>(async () => await logs.AppendAsync(Name, 5, new byte[2 << 20], finish: false, Token));
        Assert.Equal(5, await logs.AppendAsync(Name, 5, ReadOnlyMemory<byte>.Empty, finish: true, Token));

        Assert.Equal(2, await logs.ReadAsync(Name, 3, buffer, Token));
        Assert.Equal("lo", Encoding.UTF8.GetString(buffer, 0, 2));
        Assert.Equal(0, await logs.ReadAsync(Name, 5, buffer, Token));
    }

    [Fact]
    public async Task Follow_OfAnEvictedStream_IsNotFoundAndNotAWait()
    {
        await using var server = await CacheServer.StartAsync(options => options.MaxLogBytes = 1 << 20);
        var logs = new RemoteLogStore(server.Invoker);
        await logs.AppendAsync(Name, 0, "early"u8.ToArray(), finish: true, Token);
        // More than fit, and more than the store keeps open.
        for (var i = 0; i < 600; i++)
        {
            await logs.AppendAsync($"logstreams/{i:x8}/stdout", 0, "x"u8.ToArray(), finish: true, Token);
        }

        // Streams are removed behind, and the oldest first.
        var files = Path.Combine(server.Directory, "logs");
        await Eventually.IsTrueAsync(() => Directory.GetFiles(files, "*", SearchOption.AllDirectories).Length <= (1 << 20) / 4096, Token);
        using var call = server.Streams.Read(new ReadRequest { ResourceName = Name });

        var refused = await Refused.WithAsync(StatusCode.NotFound, () => call.ResponseStream.MoveNext(Token));
        Assert.Contains("was evicted", refused.Status.Detail, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LogEvictedException>(async () => await logs.ReadAsync(Name, 0, new byte[10], Token));
    }

    [Fact]
    public async Task Restart_OfTheServer_KeepsTheLog()
    {
        using var folder = new TempFolder();
        await using (var server = await CacheServer.StartAsync(directory: folder.File("cache")))
        {
            await new RemoteLogStore(server.Invoker).AppendAsync(Name, 0, "before "u8.ToArray(), finish: false, Token);
        }

        await using var again = await CacheServer.StartAsync(directory: folder.File("cache"));
        await new RemoteLogStore(again.Invoker).AppendAsync(Name, 7, "after"u8.ToArray(), finish: true, Token);

        using var call = again.Streams.Read(new ReadRequest { ResourceName = Name });
        var text = "";
        while (await call.ResponseStream.MoveNext(Token))
        {
            text += call.ResponseStream.Current.Data.ToStringUtf8();
        }

        Assert.Equal("before after", text);
    }

    [Fact]
    public async Task Write_ChangingTheNameMidway_IsInvalid()
    {
        await using var server = await CacheServer.StartAsync();
        using var call = server.Streams.Write();
        await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = Name }, Token);

        // The refusal may be here before the write has ended.
        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
        {
            await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = "logstreams/other/stdout" }, Token);
            await call;
        });
    }
}
