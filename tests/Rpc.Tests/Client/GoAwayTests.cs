using BuildFarm.Rpc.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>A server that goes away while calls are made: what it took it ends, what it did not take goes elsewhere, once.</summary>
public sealed class GoAwayTests
{
    [Fact]
    public async Task Unary_RefusedByAGoAway_GoesToANewConnection()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        await using var proxy = new GoAwayProxy(server.Address.Port, refusing: 1);
        using var channel = GrpcChannel.ForAddress(proxy.Address);

        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();

        Assert.Equal(1, proxy.Refused);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Unary_EveryConnectionGoesAway_IsUnavailable()
    {
        await using var proxy = new GoAwayProxy(targetPort: 0, refusing: int.MaxValue);
        using var channel = GrpcChannel.ForAddress(proxy.Address);

        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.InRange(proxy.Refused, 2, 100);
    }

    [Fact]
    public async Task ClientStreaming_RefusedAfterAMessage_IsUnavailable()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new StreamingInputCallResponse()));
        await using var proxy = new GoAwayProxy(server.Address.Port, refusing: int.MaxValue);
        using var channel = GrpcChannel.ForAddress(proxy.Address);
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        var write = call.RequestStream.WriteAsync(new StreamingInputCallRequest());

        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        await Record.ExceptionAsync(() => write.Within());
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(call.RequestStream.WriteAsync(new StreamingInputCallRequest()))).StatusCode);
    }

    [Fact]
    public async Task ClientStreaming_RefusedBeforeAnyMessage_GoesToANewConnection()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            var messages = context.Messages();
            var size = 0;
            while (await messages.ReadAsync(StreamingInputCallRequest.Parser) is { } message)
            {
                size += message.Payload.Body.Length;
            }

            await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = size });
        });
        await using var proxy = new GoAwayProxy(server.Address.Port, refusing: 1);
        using var channel = GrpcChannel.ForAddress(proxy.Address);
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        await server.Arrived.Within();

        foreach (var size in (int[])[10, 20, 30])
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[size]) } }).Within();
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(60, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
        Assert.Equal(1, proxy.Refused);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Server_StopsInMidStream_StreamEndsWholeAndEachNewCallIsTakenOnce()
    {
        const int Calls = 50;
        var go = new TaskCompletionSource();
        var first = await ScriptedServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/EmptyCall", StringComparison.Ordinal))
            {
                await context.ReplyAsync(new Empty());
                return;
            }

            await context.SendAsync(new StreamingOutputCallResponse());
            await go.Task;
            await context.ReplyAsync(new StreamingOutputCallResponse());
        });
        using var channel = first.Connect(options => (options.InitialReconnectBackoff, options.MaxReconnectBackoff) = (TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20)));
        var client = new TestService.TestServiceClient(channel);
        using var stream = client.StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await stream.ResponseStream.MoveNext(default).Within());

        var stop = first.StopAsync();
        var calls = Enumerable.Range(0, Calls)
            .Select(_ => client.EmptyCallAsync(new Empty(), new CallOptions().WithWaitForReady()).ResponseAsync).ToArray();
        await using var second = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), port: first.Address.Port);
        await Task.WhenAll(calls).Within();

        Assert.False(stop.IsCompleted);
        Assert.Equal(Calls, first.Requests.Count - 1 + second.Requests.Count);
        await client.EmptyCallAsync(new Empty(), new CallOptions().WithWaitForReady()).ResponseAsync.Within();
        Assert.NotEmpty(second.Requests);
        go.SetResult();
        Assert.True(await stream.ResponseStream.MoveNext(default).Within());
        Assert.False(await stream.ResponseStream.MoveNext(default).Within());
        await stop.Within();
        await first.DisposeAsync();
    }
}
