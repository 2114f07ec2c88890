using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>Streams whose other side is slow: what is in flight stays bounded, whatever the whole amounts to.</summary>
public sealed class BackpressureTests
{
    private const int MessageSize = 256 * 1024;
    private const int Messages = 1024;
    private const long Bound = 32L * 1024 * 1024;

    private static readonly ByteString Block = ByteString.CopyFrom(new byte[MessageSize]);

    [Fact]
    public async Task ServerStreaming_SlowReader_HoldsTheServerBack()
    {
        long sent = 0;
        using var stalled = new SemaphoreSlim(0);
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            for (var i = 0; i < Messages; i++)
            {
                var sending = context.SendAsync(new StreamingOutputCallResponse { Payload = new Payload { Body = Block } });
                if (!sending.IsCompleted && await Task.WhenAny(sending, Task.Delay(500)) != sending)
                {
                    stalled.Release();
                }

                await sending;
                Interlocked.Add(ref sent, MessageSize);
            }

            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        Assert.True(await stalled.WaitAsync(TimeSpan.FromSeconds(30)), "the server was never held back");
        Assert.InRange(Interlocked.Read(ref sent), 1, Bound);
        // Right after a collection the runtime's figure can be a little below zero, so there is no lower bound.
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) < 3 * Bound);

        long received = 1;
        while (await call.ResponseStream.MoveNext(default).Within())
        {
            received++;
        }

        Assert.Equal(Messages, received);
    }

    [Fact]
    public async Task ClientStreaming_SlowServer_HoldsTheWriterBack()
    {
        var go = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await go.Task;
            var messages = context.Messages();
            var count = 0;
            while (await messages.ReadAsync(StreamingInputCallRequest.Parser) is not null)
            {
                count++;
            }

            await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = count });
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        var request = new StreamingInputCallRequest { Payload = new Payload { Body = Block } };
        var written = 0;
        Task write;
        while (true)
        {
            write = call.RequestStream.WriteAsync(request);
            if (!write.IsCompleted && await Task.WhenAny(write, Task.Delay(500)) != write)
            {
                break;
            }

            await write;
            written++;
            Assert.True((long)written * MessageSize < Bound, "the writer was never held back");
        }

        go.SetResult();
        await write.Within();
        for (written++; written < Messages; written++)
        {
            await call.RequestStream.WriteAsync(request).Within();
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(Messages, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
    }
}
