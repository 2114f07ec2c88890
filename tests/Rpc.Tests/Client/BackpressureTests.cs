using BuildFarm.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>Streams whose other side is slow: what is in flight stays bounded, whatever the whole amounts to.</summary>
[Collection(MeasuresTheProcess.Name)]
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
        await using var server = await ScriptedServer.StartAsync(OrPong(async context =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await context.SendAsync(new StreamingOutputCallResponse { Payload = new Payload { Body = Block } });
                Interlocked.Add(ref sent, MessageSize);
            }

            await context.EndAsync();
        }));
        using var channel = server.Connect();
        var client = new TestService.TestServiceClient(channel);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var call = client.StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());

        await StandStill.OfAsync(() => Interlocked.Read(ref sent), () => client.EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.InRange(Interlocked.Read(ref sent), MessageSize, Bound);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 2 * Bound, $"memory grew by {grown} bytes");
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
        await using var server = await ScriptedServer.StartAsync(OrPong(async context =>
        {
            await go.Task;
            var messages = context.Messages();
            var count = 0;
            while (await messages.ReadAsync(StreamingInputCallRequest.Parser) is not null)
            {
                count++;
            }

            await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = count });
        }));
        using var channel = server.Connect();
        using var pings = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        long sent = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var writing = WriteAllAsync();

        await StandStill.OfAsync(() => Interlocked.Read(ref sent), () => new TestService.TestServiceClient(pings).EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.False(writing.IsCompleted);
        Assert.InRange(Interlocked.Read(ref sent), 1, Bound);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 2 * Bound, $"memory grew by {grown} bytes");
        go.SetResult();
        await writing;
        Assert.Equal(Messages, (await call.ResponseAsync.Within()).AggregatedPayloadSize);

        async Task WriteAllAsync()
        {
            for (var i = 0; i < Messages; i++)
            {
                await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = Block } });
                Interlocked.Add(ref sent, MessageSize);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    /// <summary>A script for the streams, beside empty calls that are answered at once.</summary>
    private static RequestDelegate OrPong(RequestDelegate script) =>
        context => context.Request.Path.Value!.EndsWith("/EmptyCall", StringComparison.Ordinal) ? context.ReplyAsync(new Empty()) : script(context);
}
