using System.Net;
using BuildFarm.Rpc.Tests.Server.Support;
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
    private const int ClientWindow = 64 * KiB;

    /// <summary>A write that takes this long waits for the peer.</summary>
    private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task ServerStreaming_ClientsDoNotRead_BytesWrittenAndMemoryStayBounded()
    {
        const int Streams = 40;
        var written = new long[Streams];
        var stalled = Enumerable.Range(0, Streams).Select(_ => new TaskCompletionSource()).ToArray();
        var next = -1;
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var id = Interlocked.Increment(ref next);
                while (!context.CancellationToken.IsCancellationRequested)
                {
                    var write = responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(MessageSize) });
                    if (await Task.WhenAny(write, Task.Delay(s_stall, TimeProvider.System)) != write)
                    {
                        stalled[id].TrySetResult();
                    }

                    await write;
                    written[id] += MessageSize;
                }
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { InitialHttp2StreamWindowSize = ClientWindow });
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var responses = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => OpenAsync(client, server)));
        await Task.WhenAll(stalled.Select(s => s.Task)).WaitAsync(TestServers.Guard);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.All(written, bytes => Assert.InRange(bytes, 1, 4 * MessageSize));
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
        var stalled = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    var write = responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(MessageSize) });
                    if (await Task.WhenAny(write, Task.Delay(s_stall, TimeProvider.System)) != write)
                    {
                        stalled.TrySetResult();
                    }

                    await write;
                }
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { InitialHttp2StreamWindowSize = ClientWindow });
        using var response = await OpenAsync(client, server);
        await stalled.Task.WaitAsync(TestServers.Guard);

        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.True(body.Length > Messages * MessageSize);
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task ClientStreaming_HandlerDoesNotRead_ClientIsHeldBack()
    {
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
        var sent = 0;
        Task write;
        while (true)
        {
            write = call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = TestServers.Zeros(MessageSize) });
            if (await Task.WhenAny(write, Task.Delay(s_stall, TimeProvider.System)) != write)
            {
                break;
            }

            sent += MessageSize;
            Assert.True(sent < 16 * 1024 * KiB, "the server takes more than its windows");
        }

        release.SetResult();
        await write;
        await call.RequestStream.CompleteAsync();

        Assert.Equal(sent + MessageSize, (await call).AggregatedPayloadSize);
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
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { InitialHttp2StreamWindowSize = ClientWindow });
        using var response = await OpenAsync(client, server);

        Assert.IsType<InvalidOperationException>(await outcome.Task.WaitAsync(TestServers.Guard));
    }

    /// <summary>Sends a request and reads the response's headers, and nothing more.</summary>
    private static Task<HttpResponseMessage> OpenAsync(HttpMessageInvoker client, RpcTestServer server)
    {
        var content = new ByteArrayContent(RawCall.Frame([]));
        content.Headers.ContentType = new("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, server.Address + TestServers.Output)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        return client.SendAsync(request, CancellationToken.None);
    }
}
