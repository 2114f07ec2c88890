using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class KeepAliveTests
{
    [Fact]
    public async Task Stream_PeerFallsSilent_IsUnavailable()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await context.UntilAbortedAsync();
        });
        await using var proxy = new BlackHole(server.Address.Port);
        using var channel = GrpcChannel.ForAddress(proxy.Address, new GrpcChannelOptions
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
        });
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        proxy.Swallow();
        var error = await Guard.FailureOf(call.ResponseStream.MoveNext(default));
        Assert.True(error.StatusCode == StatusCode.Unavailable, error.Status.DebugException?.ToString());
    }

    [Fact]
    public async Task Stream_PeerQuietButAlive_Stays()
    {
        var go = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await go.Task;
            await context.ReplyAsync(new StreamingOutputCallResponse());
        });
        await using var proxy = new BlackHole(server.Address.Port);
        using var channel = GrpcChannel.ForAddress(proxy.Address, new GrpcChannelOptions
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        });
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        var read = call.ResponseStream.MoveNext(default);
        while (proxy.AnsweredPings.CurrentCount > 0)
        {
            await proxy.AnsweredPings.WaitAsync();
        }

        Assert.True(await proxy.AnsweredPings.WaitAsync(TimeSpan.FromSeconds(30)), "no ping was answered");
        Assert.True(await proxy.AnsweredPings.WaitAsync(TimeSpan.FromSeconds(30)), "no second ping was answered");
        Assert.False(read.IsCompleted);
        go.SetResult();
        Assert.True(await read.Within());
        Assert.False(await call.ResponseStream.MoveNext(default).Within());
    }
}
