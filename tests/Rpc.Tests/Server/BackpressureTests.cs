using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.Rpc.Tests.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>A peer that does not read bounds what the other can write, and what it keeps in memory.</summary>
[Collection(MeasuresTheProcess.Name)]
public sealed class BackpressureTests
{
    private const int KiB = 1024;
    private const int MessageSize = 64 * KiB;

    /// <summary>What a write that has ended can be ahead of a client that does not read: its window, Kestrel's buffer, and what may be unsent.</summary>
    private const int AheadOfClient = 8 * MessageSize;

    [Fact]
    public async Task ServerStreaming_ClientsDoNotRead_BytesWrittenAndMemoryStayBounded()
    {
        const int Streams = 40;
        var written = new long[Streams];
        var next = -1;
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var id = Interlocked.Increment(ref next);
                while (!context.CancellationToken.IsCancellationRequested)
                {
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(MessageSize) });
                    Interlocked.Add(ref written[id], MessageSize);
                }
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var client = StalledReader.Client();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var responses = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => StalledReader.OpenAsync(client, server)));
        await StandStillAsync(server, () => written.Any(bytes => bytes == 0) ? 0 : written.Sum());
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.All(written, bytes => Assert.InRange(bytes, 1, AheadOfClient));
        Assert.True(grown < Streams * 16L * MessageSize, $"memory grew by {grown} bytes");
        foreach (var response in responses)
        {
            response.Dispose();
        }
    }

    [Fact]
    public async Task ServerStreaming_ClientReadsAgain_WritesGoOn()
    {
        const int Messages = 64;
        long written = 0;
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(MessageSize) });
                    Interlocked.Add(ref written, MessageSize);
                }
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var client = StalledReader.Client();
        using var response = await StalledReader.OpenAsync(client, server);
        await StandStillAsync(server, () => Interlocked.Read(ref written));
        Assert.InRange(Interlocked.Read(ref written), 1, AheadOfClient);

        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.True(body.Length > Messages * MessageSize);
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task ClientStreaming_HandlerDoesNotRead_ClientIsHeldBack()
    {
        const int Messages = 512;
        const int Windows = 16 * 1024 * KiB;
        var release = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Input = async (requests, _) =>
            {
                await release.Task;
                var sum = 0;
                await foreach (var request in requests.ReadAllAsync())
                {
                    sum += request.Payload.Body.Length;
                }

                return new StreamingInputCallResponse { AggregatedPayloadSize = sum };
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingInputCall();
        long sent = 0;
        var writing = WriteAllAsync();
        await StandStillAsync(server, () => Interlocked.Read(ref sent));
        Assert.InRange(Interlocked.Read(ref sent), 1, Windows);

        release.SetResult();
        await writing;

        Assert.Equal(Messages * MessageSize, (await call).AggregatedPayloadSize);

        async Task WriteAllAsync()
        {
            for (var i = 0; i < Messages; i++)
            {
                await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = TestServers.Zeros(MessageSize) });
                Interlocked.Add(ref sent, MessageSize);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task ServerStreaming_ManySmallMessages_ArriveInOrder()
    {
        const int Messages = 20_000;
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    responses.WriteOptions = i % 3 == 0 ? new WriteOptions(WriteFlags.BufferHint) : null;
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(i % 100) });
                }
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingOutputCall(new StreamingOutputCallRequest());

        var count = 0;
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(count++ % 100, response.Payload.Body.Length);
        }

        Assert.Equal(Messages, count);
    }

    [Fact]
    public async Task Handler_WritesWhileWriteWaits_Throws()
    {
        var outcome = new TaskCompletionSource<Exception?>();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var big = new StreamingOutputCallResponse { Payload = TestServers.Zeros(1024 * KiB) };
                var waiting = responses.WriteAsync(big);
                outcome.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(big)));
                await waiting;
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var client = StalledReader.Client();
        using var response = await StalledReader.OpenAsync(client, server);

        Assert.IsType<InvalidOperationException>(await outcome.Task.WaitAsync(TestServers.Guard));
    }

    private static Task StandStillAsync(RpcTestServer server, Func<long> progress)
    {
        var client = server.Client();
        return StandStill.OfAsync(progress, () => client.UnaryCallAsync(new SimpleRequest()).ResponseAsync);
    }
}
