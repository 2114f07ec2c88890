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
        await UntilOpenAsync(async () =>
        {
            await using var proxy = new BlackHole(server.Address.Port);
            using var channel = GrpcChannel.ForAddress(proxy.Address, new GrpcChannelOptions
            {
                KeepAlivePingDelay = TimeSpan.FromSeconds(1),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
            });
            using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
            if (!await OpensAsync(call))
                return false;
            proxy.Swallow();
            var error = await Guard.FailureOf(call.ResponseStream.MoveNext(default));
            Assert.True(error.StatusCode == StatusCode.Unavailable, error.Status.DebugException?.ToString());
            return true;
        });
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
            KeepAlivePingTimeout = TimeSpan.FromSeconds(60),
        });
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        var read = call.ResponseStream.MoveNext(default);
        while (proxy.AnsweredPings.CurrentCount > 0)
        {
            await proxy.AnsweredPings.WaitAsync();
        }

        Assert.True(await proxy.AnsweredPings.WaitAsync(TimeSpan.FromSeconds(60)), "no ping was answered");
        Assert.True(await proxy.AnsweredPings.WaitAsync(TimeSpan.FromSeconds(60)), "no second ping was answered");
        Assert.False(read.IsCompleted);
        go.SetResult();
        Assert.True(await read.Within());
        Assert.False(await call.ResponseStream.MoveNext(default).Within());
    }

    /// <summary>Some tries: where the machine stands still for a second, each peer looks silent to the other before it is so.</summary>
    internal static async Task UntilOpenAsync(Func<Task<bool>> tryAsync)
    {
        const int MostTries = 50;
        for (var tries = 1; !await tryAsync(); tries++)
            Assert.True(tries < MostTries, "the connection never lasts until its first message");
    }

    /// <summary>Waits for the first message; false when the connection ended before it.</summary>
    internal static async Task<bool> OpensAsync(AsyncServerStreamingCall<StreamingOutputCallResponse> call)
    {
        try
        {
            return await call.ResponseStream.MoveNext(default).Within();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
